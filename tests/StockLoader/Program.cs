using System.Text.Json;
using Microsoft.ML;
using MLExtensions.Tests.Contract.Support;

// MLExtensions.StockLoader <model.zip> <rows in ML.NET's binary format> <output.json>
// Scores the rows with the model and writes every visible column: name, type, annotations and values.
if (args is not [var modelPath, var rowsPath, var outputPath])
{
    Console.Error.WriteLine("Usage: MLExtensions.StockLoader <model.zip> <rows.idv> <output.json>");
    return 2;
}

var ml = new MLContext();
var scored = ml.Model.Load(modelPath, out _).Transform(ml.Data.LoadFromBinary(rowsPath));
DataViewSchema.Column[] columns = [.. scored.Schema.Where(column => !column.IsHidden)];
using var cursor = scored.GetRowCursor(columns);
Func<object?>[] readers = [.. columns.Select(column => Cells.Reader(cursor, column))];
List<string>[] values = [.. columns.Select(_ => new List<string>())];
while (cursor.MoveNext())
{
    for (var i = 0; i < readers.Length; i++)
        values[i].Add(Cells.Text(readers[i]()));
}
var output = columns.Select((column, i) => new { column.Name, Type = column.Type.ToString(), Annotations = Cells.Annotations(column), Values = values[i] });
File.WriteAllText(outputPath, JsonSerializer.Serialize(output));
return 0;
