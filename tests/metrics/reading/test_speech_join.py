"""A reference and what systems wrote, joined: from the forms of speech teams, and by file names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metrics.errors import ResultsError
from metrics.reading import read_table
from metrics.results import read_results
from metrics.schema import Schema, System
from tests.paths import SHARED, needs_shared

TABLE = b"clip,sentence,accent\nu1.mp3,so it was,scottish\nu2.mp3,yes,irish\nu3.mp3,no no,irish\n"
ARTIE = SHARED / "data" / "asr" / "artie_raw"
SYSTEMS = {
    "hyp_amazon_en_us": "amazon__en-US__dec-9-2019",
    "hyp_amazon_en_gb": "amazon__en-GB__dec-9-2019",
    "hyp_amazon_en_in": "amazon__en-IN__dec-9-2019",
    "hyp_google_en_us": "google__en-US__dec-4-2019",
    "hyp_google_en_gb": "google__en-GB__dec-5-2019",
    "hyp_google_en_in": "google__en-IN__dec-5-2019",
    "hyp_deepspeech_v0_5_1": "deepspeech__v0-5-1",
    "hyp_deepspeech_v0_6_0": "deepspeech__v0-6-0",
    "hyp_deepspeech_v0_7_3": "deepspeech__v0-7-3",
}


def answers(results) -> dict[str, list[str | None]]:
    said = {s.title: a["hypothesis"] for s, a in zip(results.schema.systems, results.answers, strict=True)}
    return {title: [None if text is None or text != text else text for text in texts] for title, texts in said.items()}


def make_file(at: Path, text: str) -> str:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.write_text(text)
    return str(at)


# -- each form -----------------------------------------------------------------------------------

FORMS = {
    "text": "u3 no so\nu1\n",
    "hyp.trn": "no so (u3)\n(u1)\n",
    "google.tsv": "u3.wav\tno so\nu1.wav\t\n",
    "table.csv": "path,prediction\nx/u3.wav,no so\nx/u1.wav,\n",
    "manifest.json": '{"audio_filepath": "/x/u3.wav", "text": "no no", "pred_text": "no so"}\n'
    '{"audio_filepath": "/x/u1.wav", "text": "so it was", "pred_text": ""}\n',
    "records.jsonl": '{"file": "u3.flac", "transcription": "no so"}\n{"file": "u1.flac", "transcription": ""}\n',
}


@pytest.mark.parametrize("name", FORMS)
def test_an_empty_answer_is_empty_and_one_that_is_not_there_is_missing(tmp_path, name):
    results = read_results(TABLE, join=[f"A={make_file(tmp_path / name, FORMS[name])}"])

    assert results.schema.task == "transcription"
    assert results.schema.columns["reference"] == "sentence"
    assert answers(results) == {"A": ["", None, "no so"]}
    assert any("lacks 1 id of the first file, such as 'u2.mp3'" in f.found for f in results.findings)


def test_a_workbook_with_an_empty_cell_is_an_empty_answer():
    import io

    import openpyxl

    book, sink = openpyxl.Workbook(), io.BytesIO()
    for row in (["id", "prediction"], ["u1", None], ["u3", "no so"]):
        book.active.append(row)
    book.save(sink)

    assert answers(read_results(TABLE, join=[("A", sink.getvalue())])) == {"A": ["", None, "no so"]}


def test_a_folder_of_recordings_is_joined_by_the_names_of_its_files(tmp_path):
    for name, text in {"u3": " No.", "u1": ""}.items():
        make_file(tmp_path / "whisper" / f"{name}.wav.json", json.dumps({"text": text, "segments": []}))
    results = read_results(TABLE, join=[f"large={tmp_path / 'whisper'}", str(tmp_path / "whisper")])

    assert answers(results) == {"large": ["", None, "No."], "whisper": ["", None, "No."]}


def test_a_kaldi_folder_brings_the_groups_and_its_decoded_texts_the_answers(tmp_path):
    make_file(tmp_path / "test" / "text", "ann-1 so it was\nann-2 yes\nbob-1 no no\n")
    make_file(tmp_path / "test" / "utt2spk", "ann-1 ann\nann-2 ann\nbob-1 bob\n")
    make_file(tmp_path / "test" / "spk2gender", "ann f\nbob m\n")
    make_file(tmp_path / "decode" / "text", "ann-1 so it\nann-2\nbob-1 no\n")
    files = [str(tmp_path / "decode" / "text"), f"trn={make_file(tmp_path / 'h.trn', 'yes (ann-2)' + chr(10))}"]
    results = read_results(tmp_path / "test", join=files)

    assert results.columns["reference"].tolist() == ["so it was", "yes", "no no"]
    assert results.columns["cluster"].tolist() == ["ann", "ann", "bob"]
    assert results.attributes["gender"].tolist() == ["f", "f", "m"]
    assert answers(results) == {"text": ["so it", "", "no"], "trn": [None, "yes", None]}
    assert [s.columns["hypothesis"] for s in results.schema.systems] == ["hypothesis", "hypothesis (trn)"]


def test_a_decoded_folder_is_an_answer_too(tmp_path):
    make_file(tmp_path / "decode" / "text", "u1 so\nu2 yes\nu3 no\n")

    assert answers(read_results(TABLE, join=[str(tmp_path / "decode")])) == {"decode": ["so", "yes", "no"]}


def test_words_with_times_are_joined_to_the_segments_of_an_stm_file(tmp_path):
    stm = make_file(tmp_path / "ref.stm", "f 1 ann 0 1 <O,f> so\nf 1 bob 1 2 <O,m> it was\ng 1 ann 0 1 <O,f> no\n")
    ctm = make_file(tmp_path / "hyp.ctm", "f 1 1.2 0.1 it\nf 1 1.5 0.1 was\nf 1 8 0.1 bye\n")
    results = read_results(stm, join=[f"A={ctm}"], by=["group 2"])

    assert results.columns["reference"].tolist() == ["so", "it was", "no"]
    assert results.columns["cluster"].tolist() == ["ann", "bob", "ann"]
    assert results.attributes["group 2"].tolist() == ["f", "m", "f"]
    assert answers(results) == {"A": ["", "it was", None]}
    assert any("1 word in no segment" in f.found for f in results.findings)


def test_words_with_times_of_one_file_an_utterance_are_joined_by_its_name(tmp_path):
    ctm = make_file(tmp_path / "hyp.ctm", "u1 1 0.2 0.1 it\nu1 1 0.1 0.1 so\nu3 1 8 0.1 no\n")

    assert answers(read_results(TABLE, join=[f"A={ctm}"])) == {"A": ["so it", None, "no"]}


# -- which column --------------------------------------------------------------------------------


def test_of_the_columns_named_like_ids_the_one_that_shares_its_ids_is_taken():
    table = b"id,path,sentence,accent\n1,u1.mp3,so it was,a\n2,u2.mp3,yes,b\n"
    results = read_results(table, join=[("A", b"utt_id,hyp\nu1,so it\nu2,yes\n")])

    assert answers(results) == {"A": ["so it", "yes"]}


def test_the_repeated_reference_of_a_joined_manifest_is_no_answer():
    other = b"id,sentence,pred_text\nu1,so it was,so it\nu2,yes,yes\nu3,no no,no\n"
    results = read_results(TABLE, join=[("A", other)])

    assert answers(results) == {"A": ["so it", "yes", "no"]}


def test_a_single_column_of_groups_is_no_answer():
    results = read_results(
        b"id,sentence,hyp\nu1,so it was,so it\nu2,yes no,yes\n", join=[b"id,accent\nu1,scottish\nu2,irish\n"]
    )

    assert answers(results) == {"hyp": ["so it", "yes"]}
    assert results.attributes["accent"].tolist() == ["scottish", "irish"]


def test_classes_of_texts_stay_classes():
    results = read_results(
        b"id,text,label,sex\nu1,so it was,good,f\nu2,yes no,bad,m\n", join=[("A", b"id,prediction\nu1,good\nu2,bad\n")]
    )

    assert results.schema.task == "classification"
    assert results.schema.systems == (System("A", {"prediction": "prediction"}),)


def test_a_named_column_of_the_joined_files_is_the_answer():
    other = b"id,raw,clean\nu1,So It,so it\nu2,Yes,yes\nu3,No,no\n"
    results = read_results(
        TABLE, Schema(systems=(System(None, {"hypothesis": "clean"}),)), join=[("A", other), ("B", other)]
    )

    assert answers(results) == {"A": ["so it", "yes", "no"], "B": ["so it", "yes", "no"]}


def test_an_id_with_two_different_texts_is_refused(tmp_path):
    with pytest.raises(ResultsError, match="two different answers for 1 id, such as 'u1': 'so' and 'it'"):
        read_results(TABLE, join=[make_file(tmp_path / "h.trn", "so (u1)\nit (u1)\n")])


def test_a_saved_schema_reads_joined_transcripts_alike(tmp_path):
    files = [f"A={make_file(tmp_path / 'h.trn', 'so (u1)' + chr(10))}", ("B", b"id,text\nu1,so it\nu2,yes\nu3,no\n")]
    first = read_results(TABLE, join=files)
    again = read_results(TABLE, Schema.loads(first.schema.dumps()), join=files)

    assert again.schema == first.schema
    assert answers(again) == answers(first) == {"A": ["so", None, None], "B": ["so it", "yes", "no"]}


def test_words_for_missing_stay_words_until_they_are_declared():
    from dataclasses import replace

    other = b"id,hyp\nu1,null and void\nu2,NA\nu3,None\n"
    schema = Schema()
    declared = replace(schema, file=replace(schema.file, missing=("NA",)))

    assert answers(read_results(TABLE, join=[("A", other)])) == {"A": ["null and void", "NA", "None"]}
    assert answers(read_results(TABLE, declared, join=[("A", other)])) == {"A": ["null and void", None, "None"]}


# -- published data ------------------------------------------------------------------------------


@needs_shared
def test_the_tables_of_nine_systems_joined_equal_the_wide_table_cell_by_cell():
    wide = read_table(ARTIE.parent / "artie_bias_corpus_wide.csv.gz").data
    ids = wide.column("utt_id").to_pylist()
    results = read_results(
        ARTIE / "artie-bias-corpus.tsv.gz", join=[f"{name}={ARTIE / file}.tsv.gz" for name, file in SYSTEMS.items()]
    )
    clips = [clip.removesuffix(".mp3") for clip in results.columns["id"].astype(str)]

    assert sorted(clips) == sorted(ids)
    assert results.schema.columns == {"id": "path", "reference": "sentence", "cluster": "client_id"}
    for name, found in {"reference": results.columns["reference"].tolist(), **answers(results)}.items():
        assert dict(zip(clips, found, strict=True)) == dict(zip(ids, wide.column(name).to_pylist(), strict=True))


@needs_shared
@pytest.mark.parametrize("locale", ["en-GB", "en-IN"])
def test_the_two_tables_without_a_header_are_joined_whole(locale):
    file = ARTIE / f"google__{locale}__dec-5-2019-original.tsv.gz"
    results = read_results(ARTIE / "artie-bias-corpus.tsv.gz", join=[f"G={file}"])
    texts = answers(results)["G"]

    assert None not in texts
    assert len(texts) == 1712
    assert texts.count("null") == {"en-GB": 69, "en-IN": 137}[locale]  # its placeholder, a word until it is declared
