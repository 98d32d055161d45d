using MLExtensions.Trainers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>A vector for each category of a column, learned like weights.</summary>
/// <remarks>
/// Category 0, a missing key, is learned from the rows that miss it. Source: C. Guo, F. Berkhahn, "Entity Embeddings of Categorical Variables", arXiv:1604.06737 (2016);
/// the size follows the rule of the fastai library: 1.6 times the number of categories to the power of 0.56.
/// </remarks>
internal sealed class EmbeddingLayer : nn.Module<Tensor, Tensor>
{
    private const int LargestSize = 50;

    // Beside inputs of deviation 1, a category says little until it has learned something.
    private const double FirstDeviation = 0.1;

    private readonly Parameter _values;

    /// <summary>Draws the first vectors.</summary>
    /// <param name="valueCount">Number of values of the column, without the missing one.</param>
    /// <param name="initialization">Generator of the first weights.</param>
    public EmbeddingLayer(int valueCount, Generator initialization)
        : base(nameof(EmbeddingLayer))
    {
        Size = SizeFor(valueCount);
        _values = new Parameter(FirstValues(valueCount, initialization));
        RegisterComponents();
    }

    /// <summary>Length of each vector.</summary>
    public int Size { get; }

    /// <summary>Length of the vectors of a column.</summary>
    /// <param name="valueCount">Number of values of the column, without the missing one.</param>
    public static int SizeFor(int valueCount) => (int)Math.Min(LargestSize, Math.Ceiling(1.6 * Math.Pow(valueCount + 1, 0.56)));

    /// <summary>First vectors of a column, [values + 1, size].</summary>
    /// <param name="valueCount">Number of values of the column, without the missing one.</param>
    /// <param name="initialization">Generator of the first weights.</param>
    public static Tensor FirstValues(int valueCount, Generator initialization)
        => empty(valueCount + 1, SizeFor(valueCount)).normal_(0, FirstDeviation, initialization);

    /// <inheritdoc/>
    public override Tensor forward(Tensor categories) => _values.index_select(0, categories);

    /// <summary>The vectors as plain numbers: see <see cref="EmbeddingTable.Of"/>.</summary>
    /// <param name="weights">Weight of the training rows of each category.</param>
    public EmbeddingTable ToPlain(ReadOnlySpan<double> weights) => EmbeddingTable.Of(Numbers.Of(_values), weights);
}
