using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLExtensions.Estimators.Scoring;

/// <summary>Stock transformers one after the other, each made for the schema that the ones before it give.</summary>
internal sealed class StockChain
{
    private readonly List<ITransformer> _parts = [];
    private DataViewSchema _schema;

    public StockChain(ITransformer first, DataViewSchema inputSchema)
    {
        _schema = inputSchema;
        Add(_ => first);
    }

    public void Add(Func<DataViewSchema, ITransformer> create)
    {
        _parts.Add(create(_schema));
        _schema = _parts[^1].GetOutputSchema(_schema);
    }

    public void Save(ModelSaveContext ctx) => ((ICanSaveModel)new TransformerChain<ITransformer>([.. _parts])).Save(ctx);
}
