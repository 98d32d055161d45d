using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>The single-row path (prediction engines): one row in, one call of the session or of the model's own row scorer, one row out.</summary>
internal sealed class RowMapper(GraphScorer scorer, DataViewSchema inputSchema) : IRowToRowMapper
{
    public DataViewSchema InputSchema => inputSchema;

    public DataViewSchema OutputSchema { get; } = scorer.GetOutputSchema(inputSchema);

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => scorer.SourceColumns(inputSchema, [.. dependingColumns.Select(column => column.Index)]);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        if (!ReferenceEquals(input.Schema, inputSchema) && input.Schema.Count != inputSchema.Count)
            throw new ArgumentException("The row has another schema than this mapper was made for.", nameof(input));
        return new ScoredRow(scorer, OutputSchema, input, [.. activeColumns.Select(column => column.Index)]);
    }

    private sealed class ScoredRow : DataViewRow
    {
        private readonly GraphScorer _scorer;
        private readonly DataViewRow _input;
        private readonly HashSet<int> _active;
        private readonly GraphBatch? _batch;
        private readonly Action<GraphBatch>? _rowPath;
        private long _scoredPosition = -1;

        public ScoredRow(GraphScorer scorer, DataViewSchema schema, DataViewRow input, HashSet<int> active)
        {
            _scorer = scorer;
            _input = input;
            _active = active;
            Schema = schema;
            if (GraphScorer.NeedsGraph(input.Schema, active))
            {
                _batch = new GraphBatch(scorer, input, Score) { Current = 0 };
                try
                {
                    _batch.Reserve(1);
                    _rowPath = scorer.RowPath?.Invoke();
                }
                catch
                {
                    _batch.Dispose();
                    throw;
                }
            }
        }

        public override DataViewSchema Schema { get; }

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
                throw new InvalidOperationException($"Column '{column.Name}' is not active in this row.");
            if (column.Index < _input.Schema.Count)
                return _input.GetGetter<TValue>(_input.Schema[column.Index]);
            return _scorer.Columns[column.Index - _input.Schema.Count].CreateGetter(_batch!).As<TValue>(column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _batch?.Dispose();
                _input.Dispose();
            }
            base.Dispose(disposing);
        }

        private void Score()
        {
            // A row without a position may hold other values at each call.
            if (_input.Position >= 0 && _input.Position == _scoredPosition)
                return;
            _batch!.Read(0);
            if (_rowPath is null)
                _batch.Run(1);
            else
                _rowPath(_batch);
            _scoredPosition = _input.Position;
        }
    }
}
