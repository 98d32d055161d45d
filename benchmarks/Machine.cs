using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;

namespace MLExtensions.Benchmarks;

/// <summary>The line above every table: where, with what and when it was measured.</summary>
internal static class Machine
{
    public static string Describe()
        => $"Measured {DateTime.Today:yyyy-MM-dd} on {Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, "
            + $"{RuntimeInformation.FrameworkDescription}, ML.NET {VersionOf(typeof(MLContext))}, ONNX Runtime {OrtEnv.Instance().GetVersionString()}, TorchSharp {VersionOf(typeof(TorchSharp.torch))}.";

    private static string Processor()
    {
        const string Cpus = "/proc/cpuinfo";
        var name = File.Exists(Cpus) ? File.ReadLines(Cpus).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return name?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string VersionOf(Type type)
        => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
