using System.Text;
using Microsoft.ML.Data;

namespace MLExtensions.Benchmarks;

/// <summary>Lines of text in memory, for ML.NET's text loader.</summary>
internal sealed class TextLines(IEnumerable<string> lines) : IMultiStreamSource
{
    private readonly byte[] _text = Encoding.UTF8.GetBytes(string.Join('\n', lines));

    public int Count => 1;

    public string? GetPathOrNull(int index) => null;

    public Stream Open(int index) => new MemoryStream(_text, writable: false);

    public TextReader OpenTextReader(int index) => new StreamReader(Open(index));
}
