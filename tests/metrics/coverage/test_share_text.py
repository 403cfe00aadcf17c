"""A table of shares is read whole or refused with every line that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.coverage.share_text import MOST_BYTES, MOST_LINES, parse_shares, write_shares
from metrics.errors import ResultsError

LEVELS = {"sex": ["female", "male"], "age": ["< 25", "25 to < 45", ">= 45"]}


def read(text, levels=LEVELS):
    table = parse_shares(text, levels)
    return {(row.axis, row.level): row.share for row in table.itertuples()}


def refused(text, levels=LEVELS):
    with pytest.raises(ResultsError) as caught:
        parse_shares(text, levels, "the table")
    return caught.value.findings


@pytest.mark.parametrize(
    "text",
    [
        "axis,level,share\nsex,female,0.25\nsex,male,0.75\n",
        "Attribute;Category;Percent\nsex;female;25\nsex;male;75",
        "axis\tlevel\tshare\r\nsex\tfemale\t25 %\r\n\r\nsex\tmale\t75%\r\n",
        "share,level,axis,source\n.25,female,sex,census\n.75,male,sex,census",
        "axis;level;share\nsex;female;0,25\nsex;male;0,75",
        '\ufeffaxis,level,share\n"sex","female",2.5e-1\n sex , male , 0.75 ',
        b"\xef\xbb\xbfaxis,level,share\nsex,female,.25\nsex,male,.75",
    ],
)
def test_shares_are_read_however_a_spreadsheet_writes_them(text):
    assert read(text) == {("sex", "female"): 0.25, ("sex", "male"): 0.75}


def test_rounded_shares_are_brought_to_one():
    found = read("axis,level,share\nage,< 25,33 %\nage,25 to < 45,33 %\nage,>= 45,33 %")

    assert list(found.values()) == pytest.approx([1 / 3] * 3)


def test_levels_that_the_data_lack_are_kept():
    assert read("axis,level,share\nsex,female,.5\nsex,male,.49\nsex,other,.01")["sex", "other"] == pytest.approx(0.01)


def test_every_wrong_line_is_named_with_its_cure():
    text = "axis,level,share\nsexx,female,.5\nsex,female,much\nsex,male,.5\nsex,male,.5\nsex\nsex,other,-1"
    found = refused(text)

    assert [f.where for f in found] == [f"the table, line {n}" for n in (2, 3, 5, 6, 7)]
    assert "Did you mean 'sex'?" in found[0].cure
    assert "'much'" in found[1].found
    assert "second time" in found[2].found
    assert "1 of the 3 cells" in found[3].found
    assert "'-1'" in found[4].found


@pytest.mark.parametrize("share", ["nan", "inf", "1e999", "0x1", "1_0", "٣", "=1+1", "", "1,000.5", "9" * 400])
def test_what_is_no_share_is_refused(share):
    assert refused(f'axis,level,share\nsex,female,"{share}"\nsex,male,0.5')


def test_shares_that_do_not_add_up_are_refused_by_attribute():
    (found,) = refused("axis,level,share\nsex,female,0.2\nsex,male,0.3\nage,< 25,1")

    assert "gives sex shares that add up to 0.5, not to 1 or to 100 %" in found.found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n , \n", "is empty"),
        ("axis,level,share\n", "no line below"),
        ("sex,female,0.5", "has no column 'axis'"),
        ("axis,axis,level,share\n", "has no column 'axis'"),
        ("axis,level,share\nsex,fem\x00ale,1", "holds signs"),
        ('axis,level,share\nsex,"female,1', "quote is not closed"),
        (b"axis,level,share\nsex,\xff,1", "is not UTF-8"),
        ("x" * (MOST_BYTES + 1), "is larger than 200 kB"),
        (b"x" * (MOST_BYTES + 1), "is larger than 200 kB"),
        ("axis,level,share\n" + "sex,a,1\n" * (MOST_LINES + 5), "has more than 2,000 lines"),
    ],
)
def test_what_is_no_table_of_shares_is_refused_in_words(text, said):
    assert said in refused(text)[0].found


def test_many_problems_are_counted_rather_than_all_told():
    found = refused("axis,level,share\n" + "\n".join(f"sex,level {i},x" for i in range(50)))

    assert len(found) == 21
    assert "has 30 more problems" in found[-1].found


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)


@given(st.dictionaries(names, st.lists(names, min_size=1, max_size=7, unique=True), min_size=1, max_size=4))
def test_equal_shares_are_read_back(levels):
    text = write_shares(levels)

    found = read(text, levels)
    assert set(found) == {(axis, level) for axis, names in levels.items() for level in names}
    for axis, names in levels.items():
        assert [found[axis, level] for level in names] == pytest.approx([1 / len(names)] * len(names))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        assert (parse_shares(text, LEVELS)["share"] >= 0).all()
    except ResultsError as error:
        assert error.findings
