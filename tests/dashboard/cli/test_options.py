from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dashboard.cli.options import Asked, Reading, question_options, read_options, read_question, reading_options
from metrics.question import Question
from metrics.reading.limits import Limits
from metrics.schema import Attribute, FileOptions, Schema, System
from metrics.tasks import roles


def parse(*arguments: str) -> tuple[Reading, Asked]:
    kept = []

    @click.command()
    @reading_options
    @question_options
    def command(**given):
        kept.append((read_options(given), read_question(given)))

    result = CliRunner().invoke(command, list(arguments), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return kept[0]


def schema_of(*arguments: str) -> Schema:
    return parse(*arguments)[0].schema


@pytest.fixture
def saved(tmp_path: Path):
    """Write a schema to a file and return the options that name it."""

    def save(schema: Schema) -> tuple[str, str]:
        path = tmp_path / "schema.toml"
        path.write_text(schema.dumps(), encoding="utf-8")
        return "--schema", str(path)

    return save


def test_nothing_named_is_nothing_declared():
    assert parse() == (Reading(), Asked())
    assert Reading().limits == Limits.command_line()


def test_every_role_of_every_task_has_its_flag():
    for role in roles().values():
        schema = schema_of(f"--{role.name}", "column")
        assert [*schema.columns.items(), *(x for s in schema.systems for x in s.columns.items())] == [
            (role.name, "column")
        ]


def test_how_the_file_is_written():
    arguments = "--encoding cp1252 --delimiter tab --decimal , --header-row 3 --sheet 2 --missing NA --missing - "
    options = schema_of(*arguments.split(), "--keep-spelling").file

    assert options == FileOptions("cp1252", "\t", ",", 3, 2, ("NA", "-"), True)
    assert schema_of("--sheet", "Results").file.sheet == "Results"


def test_limits_are_those_of_the_command_line_but_for_the_ones_named():
    limits = parse("--limit", "rows=5", "--limit", "levels=7")[0].limits

    assert (limits.rows, limits.levels, limits.columns) == (5, 7, Limits.command_line().columns)


@pytest.mark.parametrize("text", ["row=5", "rows", "rows=many", "rows=0"])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(click.UsageError, match="--limit"):
        parse("--limit", text)


# -- systems -------------------------------------------------------------------------------------


def test_columns_without_names_go_together_in_order():
    arguments = ["--prediction", "p1", "--score", "s1", "--prediction", "p2", "--score", "s2"]

    assert schema_of(*arguments).systems == (
        System(None, {"prediction": "p1", "score": "s1"}),
        System(None, {"prediction": "p2", "score": "s2"}),
    )


def test_one_name_is_one_system():
    arguments = ["--score", "B=s2", "--prediction", "A=p1", "--prediction", "B=p2", "--score", "A=s1"]

    assert {s.name: dict(s.columns) for s in schema_of(*arguments).systems} == {
        "A": {"prediction": "p1", "score": "s1"},
        "B": {"prediction": "p2", "score": "s2"},
    }


def test_one_system_has_one_column_of_a_role():
    with pytest.raises(click.UsageError, match="twice for the system 'A'"):
        parse("--score", "A=x", "--score", "A=y")


def test_a_column_with_an_equals_sign_stands_in_quotes():
    assert schema_of("--prediction", '"a=b"').systems == (System(None, {"prediction": "a=b"}),)


def test_flags_overrule_the_schema_file(saved):
    declared = Schema(
        columns={"label": "y", "id": "i"},
        systems=(System("A", {"prediction": "p", "score": "s"}),),
        positive=("1",),
        threshold=0.5,
        file=FileOptions(encoding="utf-8", sheet="One"),
    )
    flags = "--label z --score t --positive yes --threshold 0.7 --sheet Two"
    schema = schema_of(*saved(declared), *flags.split())

    assert schema.columns == {"label": "z", "id": "i"}
    assert schema.systems == (System("A", {"prediction": "p", "score": "t"}),)
    assert (schema.positive, schema.threshold) == (("yes",), 0.7)
    assert schema.file == FileOptions(encoding="utf-8", sheet="Two")


def test_a_named_flag_keeps_the_other_systems_of_the_schema_file(saved):
    declared = Schema(systems=(System("A", {"prediction": "a"}), System("B", {"prediction": "b"})))

    assert schema_of(*saved(declared), "--prediction", "B=c", "--prediction", "C=d").systems == (
        System("A", {"prediction": "a"}),
        System("B", {"prediction": "c"}),
        System("C", {"prediction": "d"}),
    )


def test_a_flag_without_a_name_takes_the_place_of_several_systems(saved):
    declared = Schema(systems=(System("A", {"prediction": "a"}), System("B", {"prediction": "b"})))

    assert schema_of(*saved(declared), "--prediction", "p").systems == (System(None, {"prediction": "p"}),)


def test_none_takes_a_role_out_and_a_column_puts_it_in_again(saved):
    declared = Schema(columns={"label": "y"}, without=("weight",), systems=(System(None, {"score": "s"}),))
    schema = schema_of(*saved(declared), *["--label", "none", "--score", "none", "--weight", "w"])

    assert schema.columns == {"weight": "w"}
    assert set(schema.without) == {"label", "score"}
    assert schema.systems == ()


# -- attributes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("age=25,45,65", Attribute("age", edges=(25, 45, 65))),
        ("age=-0.5, 0, 1e3", Attribute("age", edges=(-0.5, 0, 1000))),
        ("age=quantile:4", Attribute("age", quantiles=4)),
        ("age=width:5", Attribute("age", width=5)),
        ("a=b=25", Attribute("a=b", edges=(25,))),
    ],
)
def test_bins(text, attribute):
    assert schema_of("--bins", text).attributes == (attribute,)


@pytest.mark.parametrize(
    "text", ["age", "age=", "age=old", "age=3,2", "age=2,2", "age=quantile:1", "age=width:0", "=5"]
)
def test_bins_that_are_none_are_refused(text):
    with pytest.raises(click.UsageError, match="--bins"):
        parse("--bins", text)


def test_bins_take_the_place_of_the_declared_ones(saved):
    declared = Schema(attributes=(Attribute("age", "annotated", edges=(30,)), Attribute("sex")))
    schema = schema_of(*saved(declared), "--bins", "age=quantile:4")

    assert schema.attributes == (Attribute("age", "annotated", quantiles=4), Attribute("sex"))


def test_recoding_merges_renames_and_takes_out():
    text = 'race:Black=African-American,"Afro, American"=African-American,unknown='

    assert schema_of("--recode", text).recode == {
        "race": {"African-American": ("Black", "Afro, American"), "": ("unknown",)}
    }


def test_recoding_overrules_the_schema_file_word_by_word(saved):
    declared = Schema(attributes=(Attribute("race", recode={"Other": ("A", "B"), "X": ("C",)}),))
    schema = schema_of(*saved(declared), "--recode", "race:B=Y,C=Y")

    assert schema.attributes == (Attribute("race", recode={"Other": ("A",), "Y": ("B", "C")}),)
    assert schema.recode == {}


@pytest.mark.parametrize("text", ["race", "race:", "race:a", "race:a=b,c"])
def test_recodings_that_are_none_are_refused(text):
    with pytest.raises(click.UsageError, match="--recode"):
        parse("--recode", text)


# -- the question --------------------------------------------------------------------------------


def test_groups_and_intersections():
    question = parse("--by", "sex", "--by", 'race, "age, in years"')[1].question

    assert question.by == ("sex", ("race", "age, in years"))


def test_the_whole_question():
    arguments = "--metric accuracy --metric f1 --compare ratio --compare difference --baseline best --confidence .9"
    arguments += " --correction bh --min-units 1 --seed 7 --format csv -o out.csv"

    assert parse(*arguments.split())[1] == Asked(
        Question(
            metrics=("accuracy", "f1"),
            kinds=("ratio", "difference"),
            baseline="best",
            confidence=0.9,
            correction="bh",
            min_units=1,
            seed=7,
        ),
        format="csv",
        output=Path("out.csv"),
    )


@pytest.mark.parametrize(
    "arguments", ["--confidence 1", "--confidence 0", "--min-units 0", "--compare sum", "--by a,,b"]
)
def test_questions_that_are_none_are_refused(arguments):
    with pytest.raises(click.UsageError):
        parse(*arguments.split())
