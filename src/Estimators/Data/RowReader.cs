using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Estimators.Data;

/// <summary>One pass over a view: checks rows and copies them into blocks.</summary>
internal sealed class RowReader : IDisposable
{
    private const int RowsPerCancellationCheck = 1024;

    private readonly TrainingData _data;
    private readonly TrainingContext _context;
    private readonly DataViewRowCursor _cursor;
    private readonly ValueGetter<VBuffer<float>>? _features;
    private readonly ValueGetter<float>? _weight;
    private readonly Func<bool> _readLabel;
    private readonly Func<int>[] _readCategories;
    private readonly bool[] _seenClasses;
    private readonly TrainingProgress _progress;

    private VBuffer<float> _featureBuffer;
    private int _class;
    private float _target;
    private bool _ended;
    private long _rows;
    private long _withoutLabel;
    private long _withoutWeight;

    public RowReader(TrainingData data, TrainingContext context)
    {
        _data = data;
        _context = context;
        _seenClasses = new bool[data.ClassCount];

        var schema = data.View.Schema;
        var (_, label, weight) = data.Roles;
        string?[] names = [label, weight, .. data.Roles.Categorical];
        _cursor = data.View.GetRowCursor(schema.Where(column => column.Index == data.FeatureColumn?.Index || (!column.IsHidden && names.Contains(column.Name))));
        try
        {
            _features = data.FeatureColumn is { } features ? _cursor.GetGetter<VBuffer<float>>(features) : null;
            _weight = weight is null ? null : _cursor.GetGetter<float>(schema[weight]);
            _readLabel = LabelReader(schema);
            _readCategories = [.. data.CategoricalColumns.Select(column => CategoryReader.Create(_cursor, schema[column.Name], column.Count))];
            _progress = context.StartProgress("rows");
        }
        catch
        {
            _cursor.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Refills a block with the next rows; <see langword="false"/> when none is left. The block is full at so many rows, or with the row that
    /// brings it to so many stored values: both depend on the data only, so that blocks are the same on every machine.
    /// </summary>
    public bool Fill(RowBlock block, int maxRows, long maxValues = long.MaxValue)
    {
        _context.ThrowIfCanceled();
        block.Clear(sparse: false);
        while (!_ended && block.Count < maxRows && block.Values.Length < maxValues)
        {
            // A block may be the whole table.
            if (_rows % RowsPerCancellationCheck == 0)
                _context.ThrowIfCanceled();
            if (_cursor.MoveNext())
                ReadRow(block);
            else
                _ended = true;
        }
        if (block.Inspect() is var infinite and >= 0)
            throw InfiniteFeature(block, infinite);
        _progress.Report(_rows, _data.View.GetRowCount());
        return block.Count > 0;
    }

    /// <summary>After the last row: logs what was skipped, and refuses data that nothing can be learned from.</summary>
    public void Finish(bool needsTwoClasses)
    {
        var (_, label, weight) = _data.Roles;
        if (_withoutLabel > 0)
            _context.Warn($"Skipped {_withoutLabel} of {_rows} rows: their label in column '{label}' is missing.");
        if (_withoutWeight > 0)
            _context.Log($"Skipped {_withoutWeight} of {_rows} rows: their weight in column '{weight}' is 0.");
        if (_rows == 0)
            throw new InvalidOperationException("The training data has no rows.");
        if (_withoutWeight == _rows)
            throw new InvalidOperationException($"All {_rows} weights in column '{weight}' are 0; expected at least one above 0.");
        if (_withoutLabel + _withoutWeight == _rows)
            throw new InvalidOperationException($"None of the {_rows} rows has a label in column '{label}' and a weight above 0.");
        if (needsTwoClasses && _seenClasses.Count(seen => seen) == 1)
            throw new InvalidOperationException($"Label column '{label}' needs at least two classes, found only '{_data.ClassName(Array.IndexOf(_seenClasses, true))}' in {_rows - _withoutLabel - _withoutWeight} rows.");
    }

    public void Dispose()
    {
        _progress.Dispose();
        _cursor.Dispose();
    }

    private void ReadRow(RowBlock block)
    {
        _rows++;
        if (!_readLabel())
        {
            _withoutLabel++;
            return;
        }
        var weight = 1f;
        if (_weight is not null && !ReadWeight(out weight))
        {
            _withoutWeight++;
            return;
        }
        _features?.Invoke(ref _featureBuffer);
        if (_featureBuffer.Length != _data.FeatureCount)
            throw RowError(_data.Roles.Features!, $"holds a vector of {_featureBuffer.Length} values; expected {_data.FeatureCount}");
        if (block.Count == 0)
            block.Clear(sparse: !_featureBuffer.IsDense);
        block.Append(_featureBuffer, _cursor.Position);
        WriteLabel(block);
        if (_weight is not null)
            block.SetWeight(weight);
        for (var i = 0; i < _readCategories.Length; i++)
            block.SetCategory(i, _readCategories[i]());
    }

    private bool ReadWeight(out float weight)
    {
        weight = 0;
        _weight!(ref weight);
        if (float.IsFinite(weight) && weight >= 0)
            return weight > 0;
        throw RowError(_data.Roles.Weight!, $"holds the weight {Text(weight)}; expected a finite number of at least 0");
    }

    private void WriteLabel(RowBlock block)
    {
        switch (_data.Task)
        {
            case null:
                break;
            case PredictionTask.Regression:
                block.SetTarget(_target);
                break;
            default:
                _seenClasses[_class] = true;
                block.SetClass(_class);
                break;
        }
    }

    // Reads the label of the current row, and says whether it has one.
    private Func<bool> LabelReader(DataViewSchema schema) => _data.Task switch
    {
        PredictionTask.Regression => TargetReader(schema[_data.Roles.Label!]),
        PredictionTask.BinaryClassification => BooleanReader(schema[_data.Roles.Label!]),
        PredictionTask.MulticlassClassification => KeyReader(schema[_data.Roles.Label!]),
        _ => () => true,
    };

    private Func<bool> BooleanReader(DataViewSchema.Column column)
    {
        var getter = _cursor.GetGetter<bool>(column);
        var value = false;
        return () =>
        {
            getter(ref value);
            _class = value ? 1 : 0;
            return true;
        };
    }

    private Func<bool> KeyReader(DataViewSchema.Column column)
    {
        var getter = _cursor.GetGetter<uint>(column);
        var key = 0u;
        return () =>
        {
            getter(ref key);
            if (key > _seenClasses.Length)
                throw RowError(column.Name, $"holds the key {key}; expected at most {_seenClasses.Length}");
            _class = (int)key - 1;
            return key > 0;
        };
    }

    private Func<bool> TargetReader(DataViewSchema.Column column)
    {
        var getter = _cursor.GetGetter<float>(column);
        return () =>
        {
            getter(ref _target);
            if (float.IsInfinity(_target))
                throw RowError(column.Name, $"holds the target {Text(_target)}; expected a finite number, or NaN for a missing one");
            return !float.IsNaN(_target);
        };
    }

    private InvalidOperationException InfiniteFeature(RowBlock block, int storedPosition)
    {
        var (row, feature) = block.Locate(storedPosition);
        var (column, slot) = _data.Roles.SourceOf(feature, _data.View.Schema);
        var place = column.Type is VectorDataViewType ? $" ({column.SlotName(slot)})" : "";
        return new InvalidOperationException(
            $"Column '{column.Name}' holds {Text(block.Values[storedPosition])} in row {block.RowNumbers[row]}{place}; expected a finite number, or NaN for a missing value.");
    }

    private InvalidOperationException RowError(string column, string what)
        => new($"Column '{column}' {what} (row {_cursor.Position}).");

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
