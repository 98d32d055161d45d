using MLExtensions.Estimators.Torch;
using MLExtensions.Transforms;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MLExtensions.Benchmarks;

/// <summary>The step of T-JEPA as one would write it with TorchSharp's modules, attention and optimiser, with masks that are drawn beforehand. For comparison of speed only.</summary>
internal sealed class BareTJepa : IDisposable
{
    private readonly TJepaFeaturizer.Options _options;
    private readonly TokenLayout _layout;
    private readonly Tokens _tokens, _targetTokens;
    private readonly Blocks _encoder, _target, _predictor;
    private readonly Linear _input, _output;
    private readonly LayerNorm _norm;
    private readonly Parameter _mask;
    private readonly Tensor _positions;
    private readonly optim.Optimizer _optimizer;
    private readonly (Parameter Average, Parameter Source)[] _pairs;

    public BareTJepa(TJepaFeaturizer.Options options, TokenLayout layout)
    {
        (_options, _layout) = (options, layout);
        var (encoder, predictor) = (options.EncoderShape, options.PredictorShape);
        (_tokens, _targetTokens) = (new(layout, encoder.Width), new(layout, encoder.Width));
        (_encoder, _target, _predictor) = (new(encoder), new(encoder), new(predictor));
        (_input, _output, _norm) = (nn.Linear(encoder.Width, predictor.Width), nn.Linear(predictor.Width, encoder.Width), nn.LayerNorm(predictor.Width));
        _mask = new Parameter(randn(predictor.Width));
        _positions = tensor(PositionCodes.Halves(layout.ColumnCount, predictor.Width, Predictor.Wavelength), [layout.ColumnCount, predictor.Width]);
        Parameter[] theta = [.. _tokens.parameters(), .. _encoder.parameters()];
        Parameter[] xi = [.. _targetTokens.parameters(), .. _target.parameters()];
        _pairs = [.. xi.Zip(theta)];
        _optimizer = optim.AdamW([.. theta, .. _predictor.parameters(), .. _input.parameters(), .. _output.parameters(), .. _norm.parameters(), _mask], lr: 1e-3, weight_decay: 0);
    }

    public void Step(Batch batch, Masks masks)
    {
        using var scope = NewDisposeScope();
        var (rows, width, count) = (batch.Count, _options.HiddenSize, _layout.TokenCount);
        Tensor targets;
        using (no_grad())
            targets = _target.forward(_targetTokens.forward(batch.Features, batch.Categories!)).view(-1, width).index_select(0, masks.TargetTokens);
        var visible = _tokens.forward(batch.Features, batch.Categories!).view(-1, width).index_select(0, masks.ContextTokens).view(rows, -1, width);
        var context = _encoder.forward(visible).narrow(1, _layout.SummaryTokens, masks.ContextSize);
        var known = _input.forward(context) + _positions.index_select(0, masks.ContextColumns).view(rows, masks.ContextSize, -1);
        var wanted = (_mask + _positions.index_select(0, masks.TargetColumns)).view(_options.TargetMasks * rows, masks.TargetSize, -1);
        var encoded = _predictor.forward(cat([known.repeat(_options.TargetMasks, 1, 1), wanted], 1)).narrow(1, masks.ContextSize, masks.TargetSize);
        var loss = F.mse_loss(_output.forward(_norm.forward(encoded)).reshape(-1, width), targets);
        _optimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(_optimizer.parameters().Cast<Parameter>(), 1);
        _optimizer.step();
        using var noGradient = no_grad();
        foreach (var (average, source) in _pairs)
            average.mul_(0.996f).add_(source, 0.004f);
        loss.item<float>();
        _ = count;
    }

    public void Dispose()
    {
        foreach (nn.Module module in new nn.Module[] { _tokens, _targetTokens, _encoder, _target, _predictor, _input, _output, _norm })
            module.Dispose();
        _mask.Dispose();
        _positions.Dispose();
        _optimizer.Dispose();
    }

    private sealed class Tokens : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly TokenLayout _layout;
        private readonly Parameter _summary, _weights, _biases;
        private readonly ModuleList<Embedding> _tables;
        private readonly Tensor _positions;

        public Tokens(TokenLayout layout, int width)
            : base(nameof(Tokens))
        {
            _layout = layout;
            (_summary, _weights, _biases) = (new(randn(1, 1, width)), new(randn(layout.NumberCount, width)), new(randn(layout.ColumnCount, width)));
            _tables = new([.. layout.CategoryCounts.Select(count => nn.Embedding(count, width))]);
            _positions = tensor(PositionCodes.Interleaved(layout.TokenCount, width, ColumnTokenizer.Wavelength), [layout.TokenCount, width]);
            RegisterComponents();
        }

        public override Tensor forward(Tensor numbers, Tensor categories)
        {
            var number = (numbers.unsqueeze(2) * _weights) + _biases.narrow(0, 0, _layout.NumberCount);
            var category = stack(_tables.Select((table, i) => table.forward(categories.select(1, i))), 1) + _biases.narrow(0, _layout.NumberCount, _layout.CategoryCounts.Count);
            return cat([_summary.expand(numbers.shape[0], -1, -1), number, category], 1) + _positions;
        }
    }

    private sealed class Blocks : nn.Module<Tensor, Tensor>
    {
        private readonly ModuleList<Block> _blocks;
        private readonly Sequential _head;

        public Blocks(TransformerShape shape)
            : base(nameof(Blocks))
        {
            _blocks = new([.. Enumerable.Range(0, shape.Layers).Select(_ => new Block(shape))]);
            _head = nn.Sequential(nn.LayerNorm(shape.Width), nn.Linear(shape.Width, shape.Width), nn.LayerNorm(shape.Width));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _head.forward(_blocks.Aggregate(input, (x, block) => block.forward(x)));
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly TransformerShape _shape;
        private readonly Linear _packed, _out, _expand, _contract;
        private readonly LayerNorm _first, _second;

        public Block(TransformerShape shape)
            : base(nameof(Block))
        {
            _shape = shape;
            (_packed, _out) = (nn.Linear(shape.Width, 3 * shape.Width), nn.Linear(shape.Width, shape.Width));
            (_expand, _contract) = (nn.Linear(shape.Width, shape.FeedForward), nn.Linear(shape.FeedForward, shape.Width));
            (_first, _second) = (nn.LayerNorm(shape.Width), nn.LayerNorm(shape.Width));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            var (rows, tokens, width) = (input.shape[0], input.shape[1], input.shape[2]);
            var parts = _packed.forward(input).view(rows, tokens, 3, _shape.Heads, width / _shape.Heads).permute(2, 0, 3, 1, 4);
            var attended = F.scaled_dot_product_attention(parts[0], parts[1], parts[2]).transpose(1, 2).reshape(rows, tokens, width);
            var x = _first.forward(input + _out.forward(attended));
            return _second.forward(x + _contract.forward(F.relu(_expand.forward(x))));
        }
    }
}
