using System.Buffers.Binary;
using System.Text;

namespace MLExtensions.Estimators.Torch;

/// <summary>
/// The symbol versions that a Linux library asks of other libraries: section <c>.gnu.version_r</c> of a 64-bit little-endian ELF
/// file. Layout: System V ABI and Linux Standard Base 5.0, "Symbol Versioning".
/// </summary>
internal static class ElfVersionNeeds
{
    /// <summary>Bit of <c>vna_flags</c>: the loader only warns when the version is missing.</summary>
    public const ushort Weak = 2;

    private const uint VersionNeedSection = 0x6ffffffe;
    private const int HeaderSize = 64, SectionSize = 64, NeedSize = 16, EntrySize = 16;

    /// <summary>One version that is asked for.</summary>
    /// <param name="Library">The library that should have it, for example <c>libstdc++.so.6</c>.</param>
    /// <param name="Version">The version's name, for example <c>GLIBCXX_3.4.32</c>.</param>
    /// <param name="Flags">The entry's flags, see <see cref="Weak"/>.</param>
    /// <param name="FlagsOffset">Where in the file the flags are, in bytes.</param>
    public readonly record struct Entry(string Library, string Version, ushort Flags, int FlagsOffset);

    /// <summary>All versions that a library asks for; none when it has no such section.</summary>
    /// <exception cref="InvalidDataException">The bytes are no 64-bit little-endian ELF file, or damaged.</exception>
    public static IReadOnlyList<Entry> Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderSize || !file.StartsWith("\u007fELF\u0002\u0001"u8))
            throw new InvalidDataException("Expected a 64-bit little-endian ELF library, got something else.");
        var table = SectionTable(file);
        for (var i = 0; i < table.Count; i++)
        {
            var section = table.Section(file, i);
            if (UInt32(section, 4) == VersionNeedSection)
                return Read(Content(file, section, "version"), Content(file, table.Section(file, UInt32(section, 40)), "name"), Offset(section), UInt32(section, 44));
        }
        return [];
    }

    /// <summary>Marks one version as weak: a loader that does not find it goes on.</summary>
    /// <returns>Whether the file changed: <see langword="false"/> when the version is not asked for or is weak already.</returns>
    /// <exception cref="InvalidDataException">The bytes are no 64-bit little-endian ELF file, or damaged.</exception>
    public static bool Relax(Span<byte> file, string version)
    {
        var changed = false;
        foreach (var entry in Read(file).Where(entry => entry.Version == version && (entry.Flags & Weak) == 0))
        {
            BinaryPrimitives.WriteUInt16LittleEndian(file[entry.FlagsOffset..], (ushort)(entry.Flags | Weak));
            changed = true;
        }
        return changed;
    }

    private static List<Entry> Read(ReadOnlySpan<byte> section, ReadOnlySpan<byte> names, int sectionOffset, uint libraries)
    {
        var entries = new List<Entry>();
        var need = 0ul;
        for (var left = libraries; left > 0; left--)
        {
            var record = Slice(section, need, NeedSize, "version");
            var libraryName = Name(names, UInt32(record, 4));
            var position = need + UInt32(record, 8);
            for (var versions = UInt16(record, 2); versions > 0; versions--)
            {
                var entry = Slice(section, position, EntrySize, "version");
                entries.Add(new(libraryName, Name(names, UInt32(entry, 8)), UInt16(entry, 4), sectionOffset + (int)position + 4));
                position = Next(position, entry, isLast: versions == 1);
            }
            need = Next(need, record, isLast: left == 1);
        }
        return entries;
    }

    /// <summary>Where the next record begins: behind this one, so that damaged tables end.</summary>
    private static ulong Next(ulong position, ReadOnlySpan<byte> record, bool isLast)
    {
        var distance = UInt32(record, 12);
        return isLast || distance >= record.Length ? position + distance : throw Damaged("version");
    }

    private readonly record struct Sections(int Start, int Size, int Count)
    {
        public ReadOnlySpan<byte> Section(ReadOnlySpan<byte> file, long index)
            => index < Count ? file.Slice(Start + (int)index * Size, SectionSize) : throw Damaged("section");
    }

    private static Sections SectionTable(ReadOnlySpan<byte> file)
    {
        var (start, size, count) = (BinaryPrimitives.ReadUInt64LittleEndian(file[40..]), UInt16(file, 58), UInt16(file, 60));
        if (count > 0 && size < SectionSize)
            throw Damaged("section");
        _ = Slice(file, start, (ulong)(size * count), "section");
        return new((int)start, size, count);
    }

    private static int Offset(ReadOnlySpan<byte> section) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[24..]));

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, ReadOnlySpan<byte> section, string table)
        => Slice(file, BinaryPrimitives.ReadUInt64LittleEndian(section[24..]), BinaryPrimitives.ReadUInt64LittleEndian(section[32..]), table);

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> bytes, ulong start, ulong length, string table)
        => start <= (ulong)bytes.Length && length <= (ulong)bytes.Length - start ? bytes.Slice((int)start, (int)length) : throw Damaged(table);

    private static string Name(ReadOnlySpan<byte> names, uint start)
    {
        var rest = Slice(names, start, 0, "name").IsEmpty && start < names.Length ? names[(int)start..] : throw Damaged("name");
        var end = rest.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(rest[..end]) : throw Damaged("name");
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static InvalidDataException Damaged(string table) => new($"Damaged ELF library: its {table} table is not as long as it says.");
}
