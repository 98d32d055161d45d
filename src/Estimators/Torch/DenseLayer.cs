namespace MLExtensions.Trainers;

/// <summary>A layer of a fitted network as plain numbers: outputs are activation(normalisation(W x + b)).</summary>
public sealed class DenseLayer
{
    /// <summary>Bias of an output that is never chosen.</summary>
    private const float Silent = -1e30f;

    private readonly float[] _weights;
    private readonly float[] _biases;

    internal DenseLayer(int inputCount, float[] weights, float[] biases)
    {
        if (weights.Length != inputCount * biases.Length)
            throw new FormatException("The sizes of the layer's arrays do not fit together.");
        (InputCount, _weights, _biases) = (inputCount, weights, biases);
    }

    /// <summary>Number of inputs.</summary>
    public int InputCount { get; }

    /// <summary>Number of outputs.</summary>
    public int OutputCount => _biases.Length;

    /// <summary>W: what each output multiplies the inputs by, outputs x inputs.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>b, one number an output.</summary>
    public ReadOnlySpan<float> Biases => _biases;

    /// <summary>The standardisation of each row over the outputs, <see langword="null"/> for none. Batch normalisations are part of the weights.</summary>
    public RowNormalization? Normalization { get; internal init; }

    /// <summary>What is applied last, <see langword="null"/> for nothing: the head of a network.</summary>
    public HiddenActivation? Activation { get; internal init; }

    /// <summary>The layer with a standardisation by fixed means and variances as part of its weights.</summary>
    internal DenseLayer Fold(float[] means, float[] variances, float[] scales, float[] offsets, double epsilon)
    {
        float[] weights = [.. _weights], biases = [.. _biases];
        for (var k = 0; k < biases.Length; k++)
        {
            var factor = scales[k] / Math.Sqrt(variances[k] + epsilon);
            foreach (ref var weight in weights.AsSpan(k * InputCount, InputCount))
                weight = (float)(weight * factor);
            biases[k] = (float)(((_biases[k] - (double)means[k]) * factor) + offsets[k]);
        }
        return new(InputCount, weights, biases) { Activation = Activation };
    }

    /// <summary>The layer with some of its outputs so low that a softmax gives them exactly 0.</summary>
    internal DenseLayer Silence(IReadOnlyCollection<int> outputs)
    {
        if (outputs.Count == 0)
            return this;
        float[] biases = [.. _biases];
        foreach (var output in outputs)
            biases[output] = Silent;
        return new(InputCount, _weights, biases) { Normalization = Normalization, Activation = Activation };
    }

    /// <summary>The layer without what comes after its first inputs.</summary>
    internal DenseLayer KeepInputs(int count)
    {
        var weights = new float[count * OutputCount];
        for (var k = 0; k < OutputCount; k++)
            _weights.AsSpan(k * InputCount, count).CopyTo(weights.AsSpan(k * count));
        return new(count, weights, _biases) { Normalization = Normalization, Activation = Activation };
    }

    /// <summary>The layer that ignores what comes after its first inputs.</summary>
    internal DenseLayer MuteInputs(int first)
    {
        float[] weights = [.. _weights];
        for (var k = 0; k < OutputCount; k++)
            weights.AsSpan((k * InputCount) + first, InputCount - first).Clear();
        return new(InputCount, weights, _biases) { Normalization = Normalization, Activation = Activation };
    }

    /// <summary>The layer without what comes after its first outputs, which must not be standardised over all of them.</summary>
    internal DenseLayer KeepOutputs(int count) => new(InputCount, _weights[..(count * InputCount)], _biases[..count]) { Activation = Activation };

    /// <summary>The layer whose only output is the second output less the first: log-odds from two logits.</summary>
    internal DenseLayer SecondLessFirst()
    {
        var weights = new float[InputCount];
        for (var j = 0; j < weights.Length; j++)
            weights[j] = _weights[InputCount + j] - _weights[j];
        return new(InputCount, weights, [_biases[1] - _biases[0]]);
    }
}

/// <summary>Scales each row of a layer's sums to mean 0 and variance 1, then applies a scale and an offset.</summary>
public sealed class RowNormalization
{
    private readonly float[] _scales;
    private readonly float[] _offsets;

    internal RowNormalization(float[] scales, float[] offsets, double epsilon) => (_scales, _offsets, Epsilon) = (scales, offsets, epsilon);

    /// <summary>One factor an output.</summary>
    public ReadOnlySpan<float> Scales => _scales;

    /// <summary>One summand an output.</summary>
    public ReadOnlySpan<float> Offsets => _offsets;

    /// <summary>What is added to the variance.</summary>
    public double Epsilon { get; }
}
