using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Trainers;
using Sweep;

namespace MLExtensions.Tests.Contract;

/// <summary>What AutoML, and <c>samples/Sweep</c>, rely on: attributes on the options, and that whatever is drawn from them trains.</summary>
public sealed class SweepContract
{
    private const int ManyDraws = 300;
    private const int FewDraws = 4;

    [Fact]
    public void Options_types_are_found()
        => Assert.Superset(new HashSet<Type> { typeof(NeuralNetworkTrainer.Options), typeof(NaiveBayesLinearProbeTrainer.Options) }, OptionsTypesAttribute.All.ToHashSet());

    [Theory, OptionsTypes]
    public void Every_option_is_swept_or_says_why_not(Type options)
    {
        var isFixed = options.GetCustomAttribute<NotSweptAttribute>() is not null;
        foreach (var option in options.GetProperties().Where(IsSetting))
        {
            var swept = SweepOf(option).Count();
            var reason = option.GetCustomAttribute<NotSweptAttribute>(inherit: false)?.Reason;
            var says = reason is not null || isFixed;
            Assert.True(
                swept == (says ? 0 : 1),
                $"{options.FullName}.{option.Name} has {swept} search-space attributes{(says ? " and is marked as not swept" : "")}. Give it Range, Choice or BooleanChoice (Microsoft.ML.SearchSpace), or [NotSwept(\"reason\")].");
            Assert.True(reason is null or { Length: > 0 and < 80 }, $"{options.FullName}.{option.Name}: a reason of a few words, please, not '{reason}'.");
        }
    }

    [Theory, OptionsTypes]
    public void A_sweep_starts_at_the_default(Type options)
    {
        var defaults = Activator.CreateInstance(options)!;
        foreach (var option in options.GetProperties())
        {
            foreach (var attribute in SweepOf(option))
                AssertStartsAt(option, attribute, option.GetValue(defaults));
        }
    }

    [Theory, OptionsTypes]
    public void Whatever_is_drawn_is_valid(Type options)
    {
        if (Activator.CreateInstance(options) is not ComponentOptions defaults)
            return;
        SearchSpace space = new(options);
        foreach (var values in Pairs(space).Concat(Draws(space, ManyDraws)))
        {
            var made = AutoMLParameter.Create(defaults, values);
            var error = Record.Exception(made.Validate);
            Assert.True(error is null, $"{values.ToJsonString()}: {error?.Message}");
            foreach (var (option, value) in values)
                Assert.Equal(value!.ToJsonString(), JsonSerializer.Serialize(options.GetProperty(option)!.GetValue(made)));
        }
    }

    [Theory, Learners]
    public void Whatever_is_drawn_trains(ComponentCase component)
    {
        MLContext ml = new(1);
        var data = component.Data(ml, TestRow.Create(90));
        foreach (var values in Draws(new SearchSpace(component.OptionsType!), FewDraws))
        {
            var model = component.Fit(ml, data, new CaseOptions { Seed = 3, Change = own => Quick(own, Valid(own, values)) });
            foreach (var column in Snapshot.Of(model.Transform(data), component.Outputs).Columns)
                Assert.True(column.Values.All(IsFinite), $"{column.Name} with {values.ToJsonString()}");
        }
    }

    private static bool IsSetting(PropertyInfo option)
    {
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        return type.IsPrimitive || type.IsEnum;
    }

    private static IEnumerable<Attribute> SweepOf(PropertyInfo option)
        => option.GetCustomAttributes(inherit: false).OfType<Attribute>().Where(attribute => attribute is RangeAttribute or ChoiceAttribute or BooleanChoiceAttribute);

    private static void AssertStartsAt(PropertyInfo option, Attribute attribute, object? byDefault)
    {
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        switch (attribute)
        {
            case RangeAttribute range:
                // AutoML sends a whole number for a range of whole numbers, and another one for others: the wrong kind would not be read.
                Assert.All(new[] { range.Min, range.Max, range.Init }, end => Assert.IsType(type, end));
                Assert.InRange(Number(range.Init), Number(range.Min), Number(range.Max));
                Assert.True(byDefault is null || byDefault.Equals(range.Init), $"{option.Name} has the default {byDefault}, its range begins at {range.Init}.");
                break;
            case ChoiceAttribute choice:
                Assert.All(choice.Candidates, candidate => Assert.IsType(type, candidate));
                Assert.Contains(choice.DefaultValue, choice.Candidates);
                // Without this AutoML would begin at the first candidate in the order of their values.
                Assert.True(byDefault is null || byDefault.Equals(choice.DefaultValue), $"{option.Name} has the default {byDefault}, its choices {choice.DefaultValue ?? "none"}.");
                break;
            case BooleanChoiceAttribute truth:
                Assert.Equal(byDefault, truth.DefaultValue);
                break;
        }
    }

    // Every two options at each of their ends or choices, the others in the middle: what is refused together is refused here.
    private static IEnumerable<JsonObject> Pairs(SearchSpace space)
    {
        const int Places = 7;
        var middle = space.Names.Select(_ => 0.5).ToArray();
        for (var i = 0; i < middle.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                for (var places = 0; places < Places * Places; places++)
                {
                    double[] point = [.. middle];
                    (point[i], point[j]) = (places / Places / (Places - 1.0), places % Places / (Places - 1.0));
                    yield return space.At(point);
                }
            }
        }
    }

    private static IEnumerable<JsonObject> Draws(SearchSpace space, int count)
    {
        Random random = new(20_260_101);
        return space.Names.Any() ? Enumerable.Range(0, count).Select(_ => space.Draw(random)) : [];
    }

    // Who fixes further options, the loss say, takes out of the sweep what the error then names.
    private static ComponentOptions Valid(ComponentOptions own, JsonObject values)
    {
        var made = AutoMLParameter.Create(own, values);
        while (Record.Exception(made.Validate) is ArgumentException { ParamName: { } refused } && values.Remove(refused))
            made = AutoMLParameter.Create(own, values);
        return made;
    }

    // What a case makes smaller than the default to be quick stays as small.
    private static ComponentOptions Quick(ComponentOptions own, ComponentOptions drawn)
    {
        var defaults = Activator.CreateInstance(own.GetType())!;
        foreach (var option in own.GetType().GetProperties().Where(option => option.PropertyType == typeof(int)))
        {
            var most = (int)option.GetValue(own)!;
            if (most < (int)option.GetValue(defaults)! && most < (int)option.GetValue(drawn)!)
                option.SetValue(drawn, most);
        }
        return drawn;
    }

    private static bool IsFinite(object? value) => value switch
    {
        float number => float.IsFinite(number),
        object?[] numbers => numbers.All(IsFinite),
        _ => true,
    };

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
}
