using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLExtensions.Estimators.Catalogs;
using MLExtensions.Estimators.Data;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Examples;

namespace MLExtensions.Tests.Estimators.Data;

/// <summary>How rows reach a trainer when they are wide: in blocks whose memory is bounded, whatever their width.</summary>
public sealed class TrainingDataTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void Blocks_of_wide_rows_hold_fewer_of_them()
    {
        var sizes = BlockSizes(Dense(500, 20_000));
        Assert.All(sizes, rows => Assert.InRange(rows * 20_000, 0, (1 << 20) + 20_000));
        Assert.Equal(500, sizes.Sum());
        Assert.Equal(sizes, BlockSizes(Dense(500, 20_000)));
    }

    [Fact]
    public void Blocks_of_narrow_and_of_sparse_rows_are_as_long_as_asked_for()
    {
        Assert.Equal([4096, 904], BlockSizes(Dense(5000, 8)));
        Assert.Equal([3000], BlockSizes(Sparse(3000, 1 << 20)));
    }

    [Fact]
    public void Sparse_rows_fit_in_one_block_by_what_they_store()
    {
        var rows = 0;
        Train(Sparse(3000, 1 << 20), data => rows = data.ReadAll().Count);   // dense, an array would end after 2,047 of them
        Assert.Equal(3000, rows);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_block_says_when_it_is_full(bool sparse)
    {
        var block = new RowBlock(4) { MaxValues = 8 };
        block.Clear(sparse);
        VBuffer<float> row = sparse ? new(4, 3, [1, 2, 3], [0, 1, 2]) : new(4, [1, 2, 3, 4]);
        block.Append(row, 0);
        block.Append(row, 1);
        var error = Assert.Throws<InvalidOperationException>(() => block.Append(row, 2));
        Assert.Contains("more than 2 rows of 4 features", error.Message, StringComparison.Ordinal);
    }

    private List<int> BlockSizes(IDataView view)
    {
        List<int> sizes = [];
        Train(view, data => sizes = data.Aggregate(() => new List<int>(), (sum, block) => sum.Add(block.Count), (sum, next) => sum.AddRange(next)));
        return sizes;
    }

    private void Train(IDataView view, Action<TrainingData> read) => new Reading(MlNetAccess.EnvironmentOf(_ml.Transforms), read).Fit(view);

    private IDataView Dense(int rows, int features)
    {
        var values = new float[features];
        return View(rows, features, i => new VBuffer<float>(features, values));
    }

    private IDataView Sparse(int rows, int features) => View(rows, features, i => new VBuffer<float>(features, 1, [1], [i]));

    private IDataView View(int rows, int features, Func<int, VBuffer<float>> row)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        return _ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(i => new Row { Features = row(i), Label = i % 2 == 0 }), schema);
    }

    private sealed class Row
    {
        public VBuffer<float> Features { get; set; }

        public bool Label { get; set; }
    }

    // Reads its data in the way under test, and learns nothing.
    private sealed class Reading(IHostEnvironment environment, Action<TrainingData> read)
        : TrainerBase<NearestMeanTrainer.Options, NearestMeanModel>(environment, PredictionTask.BinaryClassification, new())
    {
        protected override NearestMeanModel Train(TrainingData data, NearestMeanModel? startFrom, TrainingContext context)
        {
            read(data);
            return new NearestMeanModel(data.FeatureCount, new double[2 * data.FeatureCount], [0, 1], [0, 0], TrainerOptions);
        }
    }
}
