namespace MLExtensions.Trainers;

/// <summary>What a fitted network has learned about the categories of a column: a vector for each.</summary>
public sealed class EmbeddingTable
{
    private readonly float[] _values;

    internal EmbeddingTable(int size, float[] values)
    {
        if (size < 1 || values.Length < size || values.Length % size != 0)
            throw new FormatException("The sizes of the embedding's arrays do not fit together.");
        (Size, _values) = (size, values);
    }

    /// <summary>The table of what was learned; categories that no training row has, which have learned nothing, get the mean vector of the rows.</summary>
    /// <param name="values">The vectors, one after another, changed in place.</param>
    /// <param name="weights">Weight of the training rows of each category.</param>
    internal static EmbeddingTable Of(float[] values, ReadOnlySpan<double> weights)
    {
        EmbeddingTable table = new(values.Length / weights.Length, values);
        var means = new double[table.Size];
        var total = 0.0;
        for (var category = 0; category < weights.Length; category++)
        {
            total += weights[category];
            for (var j = 0; j < table.Size; j++)
                means[j] += weights[category] * values[(category * table.Size) + j];
        }
        for (var category = 0; category < weights.Length; category++)
        {
            for (var j = 0; weights[category] == 0 && j < table.Size; j++)
                values[(category * table.Size) + j] = (float)(means[j] / total);
        }
        return table;
    }

    /// <summary>Length of each vector.</summary>
    public int Size { get; }

    /// <summary>Number of values of the column.</summary>
    public int ValueCount => (_values.Length / Size) - 1;

    /// <summary>
    /// The vectors, one after another: first that of missing and unknown keys, then those of the values in their order. Categories without a training row have the mean
    /// vector of the training rows.
    /// </summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The vector of a category.</summary>
    /// <param name="category">The category: 1 to <see cref="ValueCount"/>, 0 for missing and unknown keys.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such category.</exception>
    public ReadOnlySpan<float> this[int category]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(category);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(category, ValueCount);
            return _values.AsSpan(category * Size, Size);
        }
    }
}
