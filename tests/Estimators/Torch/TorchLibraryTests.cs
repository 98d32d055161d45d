using MLExtensions.Estimators.Torch;
using TorchSharp;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class TorchLibraryTests
{
    [Fact]
    public void Tensors_work_once_the_library_is_loaded()
    {
        TorchLibrary.EnsureLoaded();

        using var numbers = torch.tensor([1f, 2, 3]);
        Assert.Equal(6, numbers.sum().item<float>());
    }
}
