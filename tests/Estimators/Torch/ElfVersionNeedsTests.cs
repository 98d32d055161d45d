using System.Buffers.Binary;
using MLExtensions.Estimators.Torch;

namespace MLExtensions.Tests.Estimators.Torch;

public sealed class ElfVersionNeedsTests
{
    /// <summary>The real library, which is in the package TorchSharp on every system.</summary>
    private static byte[] Library() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so"));

    [Fact]
    public void Reads_which_versions_a_library_asks_for()
    {
        var entries = ElfVersionNeeds.Read(Library());

        // As many as readelf -V lists, none of them weak.
        Assert.Equal(28, entries.Count);
        Assert.All(entries, entry => Assert.Equal(0, entry.Flags));
        Assert.Equal(20, entries.Count(entry => entry.Library == "libstdc++.so.6"));
        Assert.Equal(TorchLibrary.SpareVersion, Assert.Single(entries, entry => entry.Version == "GLIBCXX_3.4.32").Version);
        Assert.Contains(entries, entry => entry is { Library: "libgcc_s.so.1", Version: "GCC_3.0" });
    }

    [Fact]
    public void Relaxing_sets_one_flag_and_nothing_else()
    {
        var (library, relaxed) = (Library(), Library());

        Assert.True(ElfVersionNeeds.Relax(relaxed, TorchLibrary.SpareVersion));

        var before = ElfVersionNeeds.Read(library).Single(entry => entry.Version == TorchLibrary.SpareVersion);
        Assert.Equal([before.FlagsOffset], Enumerable.Range(0, library.Length).Where(i => library[i] != relaxed[i]));
        Assert.Equal(
            ElfVersionNeeds.Read(library).Select(entry => entry == before ? entry with { Flags = ElfVersionNeeds.Weak } : entry),
            ElfVersionNeeds.Read(relaxed));
    }

    [Fact]
    public void Relaxing_twice_or_an_unknown_version_changes_nothing()
    {
        var library = Library();
        Assert.False(ElfVersionNeeds.Relax(library, "GLIBCXX_9.9.9"));
        Assert.Equal(Library(), library);

        Assert.True(ElfVersionNeeds.Relax(library, TorchLibrary.SpareVersion));
        Assert.False(ElfVersionNeeds.Relax(library, TorchLibrary.SpareVersion));
    }

    [Fact]
    public void A_foreign_file_is_refused()
    {
        byte[] bigEndian = Library(), narrow = Library();
        (narrow[4], bigEndian[5]) = (1, 2);
        byte[][] files = [[], [0x7f, (byte)'E', (byte)'L', (byte)'F'], "MZ, a library of Windows, is something else altogether; it is longer than a header."u8.ToArray(), narrow, bigEndian];
        foreach (var file in files)
            Assert.StartsWith("Expected a 64-bit little-endian ELF library", Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_without_the_section_asks_for_nothing()
    {
        var library = Library();
        BinaryPrimitives.WriteUInt16LittleEndian(library.AsSpan(60), 0);
        Assert.Empty(ElfVersionNeeds.Read(library));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_damaged_file_gives_its_error_and_no_other(int seed)
    {
        var random = new Random(seed);
        var library = Library();
        var section = ElfVersionNeeds.Read(library).Min(entry => entry.FlagsOffset) - 36;
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(library.AsSpan(40));
        var errors = 0;
        for (var i = 0; i < 2000; i++)
        {
            // Only the tables are damaged, and undone afterwards: what is between them is never read.
            var start = random.Next(3) switch { 0 => 40, 1 => section, _ => header };
            var at = start + random.Next(start == 40 ? 24 : start == section ? 500 : library.Length - header - 8);
            var old = library.AsSpan(at, 4).ToArray();
            BinaryPrimitives.WriteInt32LittleEndian(library.AsSpan(at), random.Next(2) == 0 ? random.Next() : int.MinValue + random.Next(100));
            errors += Fails(library) ? 1 : 0;
            old.CopyTo(library, at);
        }
        Assert.True(errors > 100, $"Only {errors} of the damages were noticed.");
    }

    [Fact]
    public void A_file_that_is_cut_off_is_refused()
    {
        var library = Library();
        foreach (var length in new[] { 63, 64, 1000, 40_000, library.Length / 2, library.Length - 1 })
            Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Read(library.AsSpan(0, length)));
    }

    private static bool Fails(byte[] file)
    {
        try
        {
            ElfVersionNeeds.Read(file);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }
}
