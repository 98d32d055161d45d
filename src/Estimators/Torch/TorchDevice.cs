using TorchSharp;

namespace MLExtensions.Estimators.Torch;

/// <summary>Which device trains.</summary>
internal static class TorchDevice
{
    /// <summary>The device for a fit. Call <see cref="TorchLibrary.EnsureLoaded"/> first.</summary>
    /// <param name="gpuDeviceId">Number of the CUDA device, from 0; <see langword="null"/> for the CPU.</param>
    /// <param name="fallbackToCpu">Whether the CPU trains when there is no such device.</param>
    /// <param name="warn">Told when the CPU trains instead.</param>
    /// <exception cref="InvalidOperationException">There is no such device.</exception>
    public static torch.Device Choose(int? gpuDeviceId, bool fallbackToCpu, Action<string> warn)
    {
        if (gpuDeviceId is not { } id)
            return torch.CPU;
        var count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (id >= 0 && id < count)
            return torch.device(DeviceType.CUDA, id);
        var problem = $"GpuDeviceId is {id}, but libtorch finds {count} CUDA devices";
        if (!fallbackToCpu)
            throw new InvalidOperationException($"{problem}. Expected an NVIDIA driver and the package {LibtorchPackages.Cuda}; FallbackToCpu trains on the CPU instead.");
        warn($"{problem}: the CPU trains.");
        return torch.CPU;
    }
}
