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
        Size = (int)Math.Min(LargestSize, Math.Ceiling(1.6 * Math.Pow(valueCount + 1, 0.56)));
        _values = new Parameter(empty(valueCount + 1, Size).normal_(0, FirstDeviation, initialization));
        RegisterComponents();
    }

    /// <summary>Length of each vector.</summary>
    public int Size { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor categories) => _values.index_select(0, categories);

    /// <summary>The vectors as plain numbers; categories that no training row has, which have learned nothing, get the mean vector of the rows.</summary>
    /// <param name="weights">Weight of the training rows of each category.</param>
    public EmbeddingTable ToPlain(ReadOnlySpan<double> weights)
    {
        var values = Numbers.Of(_values);
        var means = new double[Size];
        var total = 0.0;
        for (var category = 0; category < weights.Length; category++)
        {
            total += weights[category];
            for (var j = 0; j < Size; j++)
                means[j] += weights[category] * values[(category * Size) + j];
        }
        for (var category = 0; category < weights.Length; category++)
        {
            for (var j = 0; weights[category] == 0 && j < Size; j++)
                values[(category * Size) + j] = (float)(means[j] / total);
        }
        return new(Size, values);
    }
}
