namespace MLExtensions.Estimators.Data;

/// <summary>The stored values of one row of a block with their feature positions, dense or sparse alike.</summary>
internal ref struct StoredValues
{
    private readonly ReadOnlySpan<float> _values;
    private readonly ReadOnlySpan<int> _indices;
    private int _position = -1;

    public StoredValues(RowBlock block, int row)
    {
        if (block.IsSparse)
        {
            var (first, end) = (block.RowStarts[row], block.RowStarts[row + 1]);
            _values = block.Values[first..end];
            _indices = block.Indices[first..end];
        }
        else
        {
            _values = block.Values.Slice(row * block.FeatureCount, block.FeatureCount);
        }
    }

    public readonly (int Feature, float Value) Current => (_indices.IsEmpty ? _position : _indices[_position], _values[_position]);

    public readonly StoredValues GetEnumerator() => this;

    public bool MoveNext() => ++_position < _values.Length;
}
