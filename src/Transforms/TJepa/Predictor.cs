using MLExtensions.Estimators.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>Predicts how the target encoder sees the target columns of a row, from how the context encoder sees the context columns.</summary>
internal sealed class Predictor : nn.Module<Tensor, Masks, Tensor>
{
    /// <summary>Base of the position codes.</summary>
    public const double Wavelength = 10_000;

    private readonly Tensor _positions;
    private readonly LinearLayer _input;
    // Not a vector: the mask token decays.
    private readonly Parameter _mask;
    private readonly TokenTransformer _transformer;
    private readonly LayerNorm _norm;
    private readonly LinearLayer _output;

    /// <summary>Initialises the weights.</summary>
    /// <param name="columns">Number of columns D.</param>
    /// <param name="width">Width of the encoders' tokens h.</param>
    /// <param name="shape">The predictor's own sizes.</param>
    /// <param name="initialize">Fills the weights of linear layers and the mask token.</param>
    /// <param name="initialization">Generator of the first weights.</param>
    /// <param name="dropout">Generator of dropout.</param>
    public Predictor(int columns, int width, TransformerShape shape, Func<Tensor, Tensor> initialize, Generator initialization, Generator dropout)
        : base(nameof(Predictor))
    {
        _positions = tensor(PositionCodes.Halves(columns, shape.Width, Wavelength), [columns, shape.Width]);
        _input = new LinearLayer(width, shape.Width, initialize);
        _mask = new Parameter(initialize(empty(1, shape.Width)));
        _transformer = new TokenTransformer(shape, initialize, initialization, dropout);
        _norm = nn.LayerNorm(shape.Width, TransformerShape.Epsilon);
        _output = new LinearLayer(shape.Width, width, initialize);
        RegisterComponents();
    }

    /// <summary>The predictions.</summary>
    /// <param name="context">The context tokens, [B x nc, h].</param>
    /// <param name="masks">The masks.</param>
    /// <returns>[M x B x nt, h].</returns>
    public override Tensor forward(Tensor context, Masks masks)
    {
        var (nc, nt, width) = (masks.ContextSize, masks.TargetSize, _positions.shape[1]);
        var rows = context.shape[0] / nc;
        var known = _input.forward(context).Plus(_positions.index_select(0, masks.ContextColumns)).view(1, rows, nc, width);
        var wanted = _mask.Plus(_positions.index_select(0, masks.TargetColumns)).view(-1, rows, nt, width);
        var tokens = cat([known.expand(wanted.shape[0], -1, -1, -1), wanted], 2).view(-1, width);
        return _output.forward(_norm.forward(_transformer.forward(tokens, nc + nt, nt)));
    }
}
