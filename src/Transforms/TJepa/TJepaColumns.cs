using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Onnx;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Torch;
using MLExtensions.Estimators.Training;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>The columns of a table as tokens: numeric ones first, then categorical ones, each in the order in which the user named them.</summary>
/// <param name="RegTokens">Tokens that stand for no column.</param>
/// <param name="Scaling">How numeric columns are scaled.</param>
/// <param name="Categories">Which values of the categorical columns have a category of their own.</param>
/// <param name="Names">Names of the columns.</param>
/// <param name="Constant">Positions of the columns that never vary in the training rows: they are in no mask.</param>
internal sealed record TJepaColumns(int RegTokens, ColumnScaling Scaling, IReadOnlyList<ColumnCategories> Categories, IReadOnlyList<string> Names, IReadOnlyList<int> Constant)
{
    private const int FewestVarying = 2;

    /// <summary>Which token stands for what.</summary>
    public TokenLayout Layout { get; } = new(RegTokens, Scaling.Count, [.. Categories.Select(column => column.Count)]);

    /// <summary>Positions of the columns that vary.</summary>
    public int[] Varying => [.. Enumerable.Range(0, Names.Count).Except(Constant)];

    /// <summary>Names of the raw numbers that a model may give: numeric columns, then one name a category of each categorical column; no token of a column whose values are numbers has such a name.</summary>
    public IEnumerable<string> RawNames => Names.Take(Scaling.Count)
        .Concat(Names.Skip(Scaling.Count).SelectMany((column, i) => Categories[i].Names.Prepend("missing").Select(value => $"{column}={value}")));

    /// <summary>Measures the training rows.</summary>
    /// <param name="data">The columns.</param>
    /// <param name="rows">The training rows.</param>
    /// <param name="options">Scaling, largest number of categories.</param>
    /// <param name="context">The log.</param>
    /// <exception cref="InvalidOperationException">Fewer than two columns vary.</exception>
    public static TJepaColumns Of(TrainingData data, RowBlock rows, TJepaFeaturizer.Options options, TrainingContext context)
    {
        var categories = data.CategoricalColumns.Select((column, i) => CategoriesOf(column, rows.Categories(i), options.MaximumCategories, context)).ToArray();
        string[] names = [.. Enumerable.Range(0, data.FeatureCount).Select(data.InputName), .. data.CategoricalColumns.Select(column => column.Name)];
        TJepaColumns columns = new(options.RegTokens, ColumnScaling.Of(rows, options.Scaling), categories, names, []);
        columns = columns with { Constant = columns.FindConstant(rows) };
        if (columns.Varying.Length < FewestVarying)
        {
            throw new InvalidOperationException(
                $"Some columns are predicted from others: expected at least {FewestVarying} columns that vary, found {columns.Varying.Length} among {names.Length} in {rows.Count} rows.");
        }
        return columns;
    }

    /// <summary>The rows as tensors.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="device">The device that trains.</param>
    /// <param name="labels">Labels of the rows, or <see langword="null"/>.</param>
    public TrainingTable Table(RowBlock rows, Device device, Tensor? labels = null)
    {
        using var scope = NewDisposeScope();
        var numbers = Scaling.Count > 0 ? tensor(Scaling.Apply(rows), [rows.Count, Scaling.Count]) : zeros(rows.Count, 0);
        var categories = Categories.Count > 0 ? stack(Categories.Select((column, i) => tensor(column.Apply(rows.Categories(i)), ScalarType.Int64)), dim: 1) : null;
        return new(numbers.to(device), categories?.to(device), labels?.to(device));
    }

    /// <summary>Adds the columns to a graph.</summary>
    /// <param name="graph">The graph under construction.</param>
    /// <param name="inputs">The input columns.</param>
    /// <param name="values">Their values, in the same order.</param>
    /// <returns>Scaled numbers, float [N, numbers] with NaN where they are missing, and categories, int64 [N, columns]; <see langword="null"/> for what there is none of.</returns>
    public (OnnxValue? Numbers, OnnxValue? Categories) Build(OnnxGraphBuilder graph, IReadOnlyList<FeatureInput> inputs, IReadOnlyList<OnnxValue> values)
    {
        OnnxValue[] numbers = [.. values.Where((_, i) => inputs[i].CategoryCount is null)];
        OnnxValue[] keys = [.. values.Where((_, i) => inputs[i].CategoryCount is not null)];
        var categories = keys.Zip(Categories, (key, column) => graph.Unsqueeze(column.Build(graph, key), 1)).ToArray();
        return (
            numbers.Length == 0 ? null : Scaling.Build(graph, numbers.Length == 1 ? numbers[0] : graph.Concat(1, numbers)),
            categories.Length == 0 ? null : categories.Length == 1 ? categories[0] : graph.Concat(1, categories));
    }

    private static ColumnCategories CategoriesOf(CategoricalColumn column, ReadOnlySpan<int> keys, int most, TrainingContext context)
    {
        var categories = ColumnCategories.Of(column, keys, most, out var found);
        if (found > most)
            context.Warn($"Column '{column.Name}' has {found} values: the {most} most frequent ones have an embedding of their own, the others count as unknown.");
        return categories;
    }

    private int[] FindConstant(RowBlock rows)
    {
        var constant = new List<int>();
        var numbers = Scaling.Apply(rows);
        for (var j = 0; j < Scaling.Count; j++)
        {
            // A column that is missing in some rows varies.
            var isMissing = rows.Count > 0 && float.IsNaN(numbers[j]);
            var varies = Scaling.Factors[j] != 0;
            for (var i = 1; i < rows.Count && !varies; i++)
                varies = float.IsNaN(numbers[(i * Scaling.Count) + j]) != isMissing;
            if (!varies)
                constant.Add(j);
        }
        for (var i = 0; i < Categories.Count; i++)
        {
            if (!Categories[i].Apply(rows.Categories(i)).AsSpan().ContainsAnyExcept(Categories[i].Apply(rows.Categories(i)[..1])[0]))
                constant.Add(Scaling.Count + i);
        }
        return [.. constant];
    }

    /// <summary>Adds the columns to a model's state.</summary>
    public void Write(IDictionary<string, double[]> numbers, IDictionary<string, string[]> texts)
    {
        texts["Names"] = [.. Names];
        (numbers["Offsets"], numbers["Factors"], numbers["Fillers"], numbers["Limits"]) = (Scaling.Offsets, Scaling.Factors, Scaling.Fillers, [Scaling.Least, Scaling.Most]);
        numbers["RegTokens"] = [RegTokens];
        numbers["Constant"] = [.. Constant.Select(column => (double)column)];
        numbers["ValueCounts"] = [.. Categories.Select(column => (double)column.ValueCount)];
        for (var i = 0; i < Categories.Count; i++)
        {
            texts[$"ValueNames{i}"] = Categories[i].Names;
            if (Categories[i].Kept is { } kept)
                numbers[$"KeptValues{i}"] = Array.ConvertAll(kept, key => (double)key);
        }
    }

    /// <summary>The columns that a state holds.</summary>
    /// <exception cref="FormatException">The state is incomplete or damaged.</exception>
    public static TJepaColumns Read(ModelState state)
    {
        if (state.GetNumbers("Limits") is not [var least, var most] || state.GetNumbers("RegTokens") is not [var regTokens])
            throw new FormatException("The model's columns are damaged.");
        ColumnScaling scaling = new(state.GetNumbers("Offsets"), state.GetNumbers("Factors"), state.GetNumbers("Fillers"), least, most);
        var categories = state.GetNumbers("ValueCounts").Select((count, i) => ReadCategories(state, i, (int)count)).ToArray();
        var names = state.GetTexts("Names");
        var fits = scaling.Factors.Length == scaling.Count && scaling.Fillers.Length == scaling.Count && names.Length == scaling.Count + categories.Length;
        return fits
            ? new((int)regTokens, scaling, categories, names, [.. state.GetNumbers("Constant").Select(column => (int)column)])
            : throw new FormatException("The sizes of the model's columns do not fit together.");
    }

    private static ColumnCategories ReadCategories(ModelState state, int column, int valueCount)
    {
        var kept = state.Numbers.TryGetValue($"KeptValues{column}", out var keys) ? Array.ConvertAll(keys, key => (int)key) : null;
        ColumnCategories categories = new(valueCount, kept, state.GetTexts($"ValueNames{column}"));
        return categories.Names.Length == categories.Count - 1 ? categories : throw new FormatException("The model's categories are damaged.");
    }
}
