using Microsoft.ML;
using Microsoft.ML.Data;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Training;

namespace MLExtensions.Transforms;

/// <summary>Rows as the trees see them: the leaf that each one reaches in every tree, and for training rows label, weight and bags.</summary>
internal sealed class TreeRows
{
    private const int RowsPerBlock = 1024;

    private TreeRows(int trees) => Leaves = new ushort[trees][];

    /// <summary>For each tree the leaf of every row.</summary>
    public ushort[][] Leaves { get; private set; }

    public int Count { get; private set; }

    /// <summary>Number of each row in its view, from 0.</summary>
    public long[] RowNumbers { get; private set; } = [];

    /// <summary>The labels; of a binary label 1 and 0. Empty for query rows.</summary>
    public double[] Labels { get; private set; } = [];

    /// <summary>The example weights, <see langword="null"/> where every row counts 1.</summary>
    public double[]? Weights { get; private set; }

    /// <summary>For each tree how often each row is in its bag, where the table says so.</summary>
    public byte[][]? Bags { get; private set; }

    /// <summary>Rows that the trainer leaves out, too: FastTree's trainers skip rows with missing or infinite values.</summary>
    public long Skipped { get; private set; }

    /// <summary>Reads rows to be explained.</summary>
    public static TreeRows ReadQuery(IDataView view, TreeModel model, FixedBlocks work, TrainingContext context)
        => new Reader(view, model, null, work, context).Read();

    /// <summary>Reads the rows that the model was trained on, as its trainer reads them.</summary>
    public static TreeRows ReadTraining(IDataView view, TreeModel model, TreeSmoothingOptions options, FixedBlocks work, TrainingContext context)
        => new Reader(view, model, options, work, context).Read();

    private sealed class Reader(IDataView view, TreeModel model, TreeSmoothingOptions? options, FixedBlocks work, TrainingContext context)
    {
        private readonly List<double> _labels = [];
        private readonly List<double> _weights = [];
        private readonly List<long> _rowNumbers = [];
        private readonly List<byte[]> _bags = [];
        private readonly List<ushort[]> _blocks = [];
        private long _skipped;

        public TreeRows Read()
        {
            var schema = view.Schema;
            var features = schema[model.FeatureColumnName];
            var label = options is null ? (DataViewSchema.Column?)null : schema.Require("label", options.LabelColumnName);
            var weight = options?.ExampleWeightColumnName is { } weightName ? schema.Require("weight", weightName) : (DataViewSchema.Column?)null;
            var bag = options is { Bags: BagSource.Supplied } ? schema.Require("bag", options.BagColumnName!) : (DataViewSchema.Column?)null;
            using (var cursor = view.GetRowCursor(new[] { features, label, weight, bag }.OfType<DataViewSchema.Column>()))
            using (var progress = context.StartProgress("rows"))
            {
                var readRow = RowReader(cursor, features, label, weight, bag);
                ReadBlocks(cursor, readRow, progress);
            }
            return Collect(weight is not null);
        }

        private void ReadBlocks(DataViewRowCursor cursor, Func<float[], int, bool> readRow, TrainingProgress progress)
        {
            var rows = new float[(long)RowsPerBlock * model.FeatureCount];
            var more = true;
            while (more)
            {
                context.ThrowIfCanceled();
                var count = 0;
                while (count < RowsPerBlock && (more = cursor.MoveNext()))
                {
                    if (readRow(rows, count))
                        count++;
                    else
                        _skipped++;
                }
                if (count > 0)
                    _blocks.Add(Route(rows, count));
                progress.Report(_rowNumbers.Count + _skipped, view.GetRowCount());
            }
        }

        // The leaves of a block, tree by tree.
        private ushort[] Route(float[] rows, int count)
        {
            var leaves = new ushort[model.Trees.Length * count];
            work.ForEach(model.Trees.Length, count * 20L, tree =>
            {
                for (var i = 0; i < count; i++)
                    leaves[(tree * count) + i] = (ushort)model.Trees[tree].LeafOf(rows.AsSpan(i * model.FeatureCount, model.FeatureCount));
            });
            return leaves;
        }

        private TreeRows Collect(bool hasWeights)
        {
            var rows = new TreeRows(model.Trees.Length)
            {
                Count = _rowNumbers.Count,
                RowNumbers = [.. _rowNumbers],
                Labels = [.. _labels],
                Weights = hasWeights ? [.. _weights] : null,
                Skipped = _skipped,
                Bags = _bags.Count == 0 ? null : [.. Enumerable.Range(0, model.Trees.Length).Select(tree => _bags.Select(bag => bag[tree]).ToArray())],
            };
            for (var tree = 0; tree < rows.Leaves.Length; tree++)
            {
                rows.Leaves[tree] = new ushort[rows.Count];
                var first = 0;
                foreach (var block in _blocks)
                {
                    var count = block.Length / model.Trees.Length;
                    block.AsSpan(tree * count, count).CopyTo(rows.Leaves[tree].AsSpan(first));
                    first += count;
                }
            }
            return rows;
        }

        // Reads the cursor's row into a place of the block, or says that the trainer left it out.
        private Func<float[], int, bool> RowReader(DataViewRowCursor cursor, DataViewSchema.Column features, DataViewSchema.Column? label, DataViewSchema.Column? weight, DataViewSchema.Column? bag)
        {
            var getFeatures = cursor.GetGetter<VBuffer<float>>(features);
            var getLabel = label is null ? null : LabelReader(cursor, label.Value);
            var getWeight = weight is null ? null : NumberReader(cursor, weight.Value, "weight");
            var getBag = bag is null ? null : BagReader(cursor, bag.Value);
            VBuffer<float> buffer = default;
            return (rows, place) =>
            {
                getFeatures(ref buffer);
                var row = rows.AsSpan(place * model.FeatureCount, model.FeatureCount);
                buffer.CopyTo(row);
                var (target, example) = (getLabel?.Invoke() ?? 0, getWeight?.Invoke() ?? 1);
                if (options is not null && !Accept(row, ref target, ref example))
                    return false;
                _rowNumbers.Add(cursor.Position);
                if (getLabel is not null)
                    _labels.Add(target);
                if (getWeight is not null)
                    _weights.Add(example);
                if (getBag is not null)
                    _bags.Add(getBag());
                return true;
            };
        }

        // As ML.NET's trainers do: FastTree's skip rows with values that are not finite or weights that are not above 0, LightGBM's replace them.
        private bool Accept(ReadOnlySpan<float> row, ref float label, ref float weight)
        {
            if (!model.IsLightGbm)
                return float.IsFinite(label) && weight > 0 && float.IsFinite(weight) && AreFinite(row);
            label = float.IsNaN(label) ? 0 : label;
            weight = float.IsNaN(weight) ? 1 : weight;
            return true;
        }

        private static bool AreFinite(ReadOnlySpan<float> row)
        {
            foreach (var value in row)
            {
                if (!float.IsFinite(value))
                    return false;
            }
            return true;
        }

        private Func<float> LabelReader(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            if (model.IsBinary && column.Type is BooleanDataViewType)
            {
                var getBoolean = cursor.GetGetter<bool>(column);
                var value = false;
                return () =>
                {
                    getBoolean(ref value);
                    return value ? 1 : 0;
                };
            }
            if (model.IsBinary)
                throw SchemaErrors.Mismatch("label", column.Name, BooleanDataViewType.Instance.ToString(), column.Type.ToString()!);
            return NumberReader(cursor, column, "label");
        }

        private static Func<float> NumberReader(DataViewRowCursor cursor, DataViewSchema.Column column, string role)
        {
            if (!column.Type.Equals(NumberDataViewType.Single))
                throw SchemaErrors.Mismatch(role, column.Name, NumberDataViewType.Single.ToString(), column.Type.ToString()!);
            var getNumber = cursor.GetGetter<float>(column);
            var value = 0f;
            return () =>
            {
                getNumber(ref value);
                return value;
            };
        }

        private Func<byte[]> BagReader(DataViewRowCursor cursor, DataViewSchema.Column column)
        {
            var expected = new VectorDataViewType(NumberDataViewType.Single, model.Trees.Length);
            if (!column.Type.Equals(expected))
                throw SchemaErrors.Mismatch("bag", column.Name, $"{expected}, one count a tree", column.Type.ToString()!);
            var getCounts = cursor.GetGetter<VBuffer<float>>(column);
            VBuffer<float> buffer = default;
            return () =>
            {
                getCounts(ref buffer);
                return [.. buffer.DenseValues().Select(count => count is >= 0 and <= byte.MaxValue && float.IsInteger(count)
                    ? (byte)count
                    : throw new InvalidOperationException($"Column '{column.Name}' holds {count} in row {cursor.Position}; expected how often the row is in the bag, a whole number from 0 to {byte.MaxValue}."))];
            };
        }
    }
}
