using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Tests.Data;

/// <summary>Small tables as ML.NET views: <c>Features</c> (Single), <c>Label</c> (key without names, K classes), <c>Positive</c> (label 1) and <c>Target</c>.</summary>
internal static class TableViews
{
    public static IDataView ToView(this SmallTable table, MLContext context)
    {
        var rows = table.Features.Select((features, i) => new Row
        {
            Features = Array.ConvertAll(features, x => (float)x),
            Label = (uint)table.Labels[i],
            Positive = table.Labels[i] == 1,
            Target = (float)table.Labels[i],
        });
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, table.FeatureCount);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), table.ClassCount);
        return context.Data.LoadFromEnumerable(rows, schema);
    }

    public sealed class Row
    {
        public float[] Features { get; set; } = [];

        public uint Label { get; set; }

        public bool Positive { get; set; }

        public float Target { get; set; }
    }
}
