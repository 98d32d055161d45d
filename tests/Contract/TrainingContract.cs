using System.Reflection;
using System.Text.Json;
using Microsoft.ML;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>Seeds, cancellation, log and options.</summary>
public sealed class TrainingContract
{
    [Theory, Learners]
    public void The_same_seed_gives_the_same_model(ComponentCase component)
    {
        Models.AssertSameState(component.Fit(new MLContext(1)), component.Fit(new MLContext(1)));
        MLContext first = new(2), second = new(3);
        CaseOptions seeded = new() { Seed = 11 };
        Models.AssertSameState(component.Fit(first, null, seeded), component.Fit(second, null, seeded));
        // A second fit of the same estimator with the same option starts anew.
        var estimator = component.Create(first, seeded);
        Models.AssertSameState(estimator.Fit(component.Data(first)), estimator.Fit(component.Data(first)));
    }

    [Theory, Learners]
    public void A_cached_or_concurrently_read_view_gives_the_same_model(ComponentCase component)
    {
        CaseOptions seeded = new() { Seed = 11 };
        var ml = new MLContext(1);
        var data = component.Data(ml);
        var expected = component.Fit(ml, data, seeded);
        Models.AssertSameState(expected, component.Fit(ml, ml.Data.Cache(data), seeded));
        foreach (var model in Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4).Select(_ => component.Fit(ml, data, seeded)).ToArray())
            Models.AssertSameState(expected, model);
    }

    [Theory, Learners]
    public void A_cancelled_token_stops_the_fit(ComponentCase component)
    {
        var ml = new MLContext(1);
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(component, ml, component.Data(ml), new CancellationToken(canceled: true)));
        Fit(component, ml, component.Data(ml), CancellationToken.None);
    }

    [Theory, Learners]
    public void A_token_that_is_cancelled_while_rows_are_read_stops_the_fit(ComponentCase component)
    {
        var ml = new MLContext(1);
        using var source = new CancellationTokenSource();
        var read = 0;
        var data = ml.Data.FilterByCustomPredicate<TestRow>(component.Data(ml, TestRow.Create(5000)), row =>
        {
            if (++read == 10)
                source.Cancel();
            return false;
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(component, ml, data, source.Token));
        Assert.InRange(read, 10, 4999);
    }

    [Theory, Learners]
    public void CancelExecution_stops_the_fit(ComponentCase component)
    {
        var ml = new MLContext(1);
        var data = component.Data(ml);
        component.Fit(ml, data);
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.Invoke(ml, null);
        Assert.ThrowsAny<OperationCanceledException>(() => component.Fit(ml, data));
        component.Fit(new MLContext(1));
    }

    [Theory, Learners]
    public void A_fit_shows_in_the_log_under_the_components_name(ComponentCase component)
    {
        var ml = new MLContext(1);
        List<string> sources = [];
        ml.Log += (_, line) => sources.Add(line.Source);
        component.Fit(ml);
        Assert.Contains(sources, source => source.Contains(component.Component.Name, StringComparison.Ordinal));
    }

    [Theory, Learners]
    public void Components_that_need_libtorch_say_so(ComponentCase component)
    {
        var ml = new MLContext(1);
        var log = new LogLines(ml);
        component.Fit(ml);
        Assert.Equal(component.Says.NeedsTorch, log.All.Any(line => line.Contains("Trains with libtorch", StringComparison.Ordinal)));
    }

    [Theory, Learners]
    public void Options_survive_a_JSON_round_trip(ComponentCase component)
    {
        var type = component.OptionsType!;
        var options = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties())
        {
            Assert.True(property is { CanRead: true, CanWrite: true }, property.Name);
            var original = property.GetValue(options);
            property.SetValue(options, Changed(property, original));
            Assert.NotEqual(original, property.GetValue(options));
        }
        var json = JsonSerializer.Serialize(options, type);
        var copy = JsonSerializer.Deserialize(json, type)!;
        foreach (var property in type.GetProperties())
        {
            Assert.Equal(property.GetValue(options), property.GetValue(copy));
            if (property.PropertyType.IsEnum)
                Assert.Contains($"\"{property.Name}\":\"{property.GetValue(options)}\"", json, StringComparison.Ordinal);
        }
    }

    [Theory, Learners]
    public void Default_options_are_valid(ComponentCase component) => ((ComponentOptions)Activator.CreateInstance(component.OptionsType!)!).Validate();

    private static object? Changed(PropertyInfo property, object? value)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return value switch
        {
            bool flag => !flag,
            string text => text + " ünlike",
            Enum member => Enum.GetValues(type).Cast<object>().First(other => !other.Equals(member)),
            null when type == typeof(string) => "given",
            null when type == typeof(string[]) => (string[])["one", "two"],
            null when type.IsEnum => Enum.GetValues(type).GetValue(0),
            null => Convert.ChangeType(7, type, null),
            // A third that needs every digit of the type.
            IConvertible number => Convert.ChangeType(Convert.ToDouble(number, null) + (type == typeof(float) || type == typeof(double) ? 1 / 3d : 1), type, null),
            _ => throw new NotSupportedException($"Options hold numbers, truth values, enums, texts and lists of texts; {property.Name} is {type}."),
        };
    }

    private static object Fit(ComponentCase component, MLContext ml, IDataView data, CancellationToken token)
    {
        var estimator = component.Create(ml);
        return estimator.GetType().GetMethod("Fit", [typeof(IDataView), typeof(CancellationToken)])!
            .Invoke(estimator, BindingFlags.DoNotWrapExceptions, null, [data, token], null)!;
    }
}
