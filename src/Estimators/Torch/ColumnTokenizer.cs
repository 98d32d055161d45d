using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// Makes a token of each column of a row: x w + b for a number, a row of a table plus b for a category, all with the fixed code of their position. Before them come learned tokens that stand for no
/// column.
/// </summary>
/// <remarks>
/// Source: Y. Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021, section 3.3, with positions and types as in H. Thimonier et al., "T-JEPA", ICLR 2025.
/// A missing number has the token b + a learned vector that starts at 0.
/// </remarks>
internal sealed class ColumnTokenizer : nn.Module<Tensor, Tensor?, bool, Tensor>
{
    /// <summary>Base of the position codes: with a few dozen positions, longer waves would be flat.</summary>
    public const double Wavelength = 100;

    private const double TableDeviation = 0.02;

    private readonly TokenLayout _layout;
    private readonly int _width;
    private readonly Tensor _positions;
    private readonly Tensor? _kinds;
    private readonly Tensor? _firstCategories;
    private readonly Parameter? _summary;
    private readonly Parameter? _weights;
    // Biases, which do not decay, are vectors: see FlatParameters.
    private readonly Parameter _biases;
    private readonly Parameter? _missing;
    private readonly Parameter? _categories;
    private readonly Parameter? _types;
    private readonly Parameter? _columns;

    /// <summary>Draws the first weights.</summary>
    /// <param name="layout">The tokens.</param>
    /// <param name="width">Numbers a token h, even.</param>
    /// <param name="typeEmbedding">Whether numeric columns share a learned vector and categorical ones another; without effect where all are of one kind.</param>
    /// <param name="columnEmbedding">Whether every column has a learned vector besides.</param>
    /// <param name="valueDeviation">
    /// Standard deviation of the first vectors of numbers and categories; position codes have 0.7. <see langword="null"/> for that of the paper: 1 / sqrt(3 h) for numbers and 0.02 for categories.
    /// </param>
    /// <param name="initialization">Generator of the first weights.</param>
    public ColumnTokenizer(TokenLayout layout, int width, bool typeEmbedding, bool columnEmbedding, double? valueDeviation, Generator initialization)
        : base(nameof(ColumnTokenizer))
    {
        (_layout, _width) = (layout, width);
        var (numbers, categorical) = (layout.NumberCount, layout.CategoryCounts.Count);
        Parameter Uniform(double bound, params long[] shape) => new(Initialization.Within(empty(shape), bound, initialization));
        Parameter Table(double deviation, long rows) => new(Initialization.Normal(empty(rows, width), deviation, initialization));
        var bound = 1 / Math.Sqrt(width);
        _positions = tensor(PositionCodes.Interleaved(layout.TokenCount, width, Wavelength), [layout.TokenCount, width]);
        _summary = layout.SummaryTokens > 0 ? Uniform(bound, layout.SummaryTokens, width) : null;
        _weights = numbers > 0 ? Uniform(valueDeviation * Math.Sqrt(3) ?? bound, numbers, width) : null;
        _biases = Uniform(bound, layout.ColumnCount * width);
        _missing = numbers > 0 ? new Parameter(zeros(numbers * width)) : null;
        if (categorical > 0)
        {
            _categories = Table(valueDeviation ?? TableDeviation, layout.CategoryCounts.Sum(count => (long)count));
            _firstCategories = tensor(layout.CategoryCounts.Select((_, i) => layout.CategoryCounts.Take(i).Sum(count => (long)count)).ToArray());
        }
        if (typeEmbedding && numbers > 0 && categorical > 0)
        {
            _types = Table(TableDeviation, 2);
            _kinds = tensor([.. Enumerable.Repeat(0L, numbers), .. Enumerable.Repeat(1L, categorical)]);
        }
        _columns = columnEmbedding ? Table(TableDeviation, layout.ColumnCount) : null;
        RegisterComponents();
    }

    /// <summary>The tokens.</summary>
    /// <param name="numbers">The numeric columns, [B, numbers]; NaN is missing.</param>
    /// <param name="categories">The categorical columns, int64 [B, columns], each from 0; <see langword="null"/> without any.</param>
    /// <param name="mayBeMissing">Whether there may be NaN: without any, a pass over the tokens is saved.</param>
    /// <returns>[B, <see cref="TokenLayout.TokenCount"/>, width].</returns>
    public override Tensor forward(Tensor numbers, Tensor? categories, bool mayBeMissing)
    {
        var count = _layout.NumberCount;
        var offsets = Offsets();
        List<Tensor> parts = [];
        if (_summary is not null)
            parts.Add(_summary.Plus(_positions.narrow(0, 0, _layout.SummaryTokens)).expand(numbers.shape[0], -1, -1));
        if (_weights is not null)
            parts.Add(TokensOf(numbers, offsets.narrow(0, 0, count), mayBeMissing));
        if (_categories is not null)
        {
            var rows = _categories.index_select(0, categories!.Plus(_firstCategories!).flatten());
            parts.Add(rows.view(-1, _layout.CategoryCounts.Count, _width).Plus(offsets.narrow(0, count, _layout.CategoryCounts.Count)));
        }
        return parts.Count == 1 ? parts[0] : cat(parts, 1);
    }

    // What every row has: bias, position and, where there are any, the vectors of kind and column.
    private Tensor Offsets()
    {
        var offsets = _biases.view(-1, _width).Plus(_positions.narrow(0, _layout.SummaryTokens, _layout.ColumnCount));
        if (_types is not null)
            offsets = offsets.Plus(_types.index_select(0, _kinds!));
        return _columns is null ? offsets : offsets.Plus(_columns);
    }

    private Tensor TokensOf(Tensor numbers, Tensor offsets, bool mayBeMissing)
    {
        using var one = 1.ToScalar();
        if (!mayBeMissing)
            return offsets.addcmul(numbers.unsqueeze(2), _weights!, one);
        using var zero = 0.ToScalar();
        var missing = numbers.isnan();
        var tokens = offsets.addcmul(numbers.masked_fill(missing, zero).unsqueeze(2), _weights!, one);
        return tokens.addcmul(missing.to(numbers.dtype).unsqueeze(2), _missing!.view(-1, _width), one);
    }
}
