"""A question asked after its data were seen is exploratory; one asked before stays what it was."""

from pathlib import Path

from overlook import run

YAML = """
overlook: 1
id: count-case
title: A case of counts
sites:
  - id: alpha
    name: Alpha
    zones:
      - {id: yard, name: Yard, kind: yard, geometry: "POLYGON((10 50,10.001 50,10.001 50.001,10 50.001,10 50))"}
events:
  - {id: talks, name: Talks, on: 2020-07-01}
plan:
  margin: MARGIN
  before: 120d
  after: 120d
  classes: [vehicle]
"""


def counts(path: Path, last_month: int) -> Path:
    rows = [
        f"2020-{month:02d}-{day:02d}T02:00Z,yard,vehicle,{5 + (month * day) % 4}"
        for month in range(3, last_month)
        for day in (2, 7, 12, 17, 22, 27)
    ]
    path.write_text("time,zone,class,count\n" + "\n".join(rows) + "\n")
    return path


def case(root: Path, margin: float = 1.5) -> Path:
    run.init(root)
    (root / "case.yaml").write_text(YAML.replace("MARGIN", str(margin)))
    (added,) = run.add(root, [counts(root.parent / "counts.csv", 11)])
    assert added.error is None
    return root


def event_findings(root: Path):
    return {f.event: f for f in run.assess(root).assessment.findings if f.kind == "event"}


def test_a_plan_declared_before_the_data_is_a_test(tmp_path):
    finding = event_findings(case(tmp_path / "c"))["talks"]
    assert not finding.exploratory
    assert finding.step.p_value is not None


def test_a_plan_changed_after_the_data_were_seen_is_exploratory(tmp_path):
    root = case(tmp_path / "c")
    before = event_findings(root)["talks"]
    (root / "case.yaml").write_text(YAML.replace("MARGIN", "3.0"))
    after = event_findings(root)["talks"]
    assert after.exploratory
    assert after.step.p_value is None
    assert any("first asked on" in note for note in after.notes)
    (root / "case.yaml").write_text(YAML.replace("MARGIN", "1.5"))
    assert event_findings(root)["talks"] == before


def test_an_event_added_later_does_not_spoil_the_others(tmp_path):
    root = case(tmp_path / "c")
    event_findings(root)
    more = YAML.replace("MARGIN", "1.5").replace(
        "on: 2020-07-01}", "on: 2020-07-01}\n  - {id: fishing, name: Chosen later, on: 2020-08-01}"
    )
    (root / "case.yaml").write_text(more)
    findings = event_findings(root)
    assert not findings["talks"].exploratory
    assert findings["fishing"].exploratory


def test_a_file_of_counts_that_grew_still_holds_what_was_seen(tmp_path):
    root = case(tmp_path / "c")
    event_findings(root)
    (root / "imagery" / "counts.csv").unlink(missing_ok=True)
    for old in (root / "imagery").glob("*counts*"):
        old.unlink()
    run.add(root, [counts(tmp_path / "longer.csv", 12)])
    (root / "case.yaml").write_text(YAML.replace("MARGIN", "3.0"))
    assert event_findings(root)["talks"].exploratory


def test_opinions_are_ledgered_once_and_their_withdrawal_too(tmp_path):
    from overlook.store import Ledger

    root = case(tmp_path / "c")
    claim = (
        "sources:\n  - {id: s, name: Somebody, kind: named}\nclaims:\n  - {id: c1, quote: It went on., chain: [s]}\n"
    )
    opinion = (
        "opinions:\n  - {claim: c1, analyst: A. Analyst, signed: 2020-12-01, evidence: 0123456789ab,"
        " likelihood: likely, confidence: low}\n"
    )
    plain = YAML.replace("MARGIN", "1.5")
    for text in (plain + claim + opinion, plain + claim + opinion, plain + claim):
        (root / "case.yaml").write_text(text)
        run.assess(root)
    with Ledger(root / "ledger.sqlite") as ledger:
        entries = ledger.entries("opinion", "withdrawn")
        assert [e.kind for e in entries] == ["opinion", "withdrawn"]
        assert "Analyst" not in str(entries[0].body)
        assert ledger.read_text(entries[0].body["analyst"]) == "A. Analyst"


def test_the_report_prints_the_ledgers_entry(tmp_path):
    from overlook.store import Ledger

    assessed = run.assess(case(tmp_path / "c"))
    with Ledger(tmp_path / "c" / "ledger.sqlite") as ledger:
        assert ledger.entries("assessed")[-1].digest in assessed.report.read_text(encoding="utf-8")


def test_a_ledger_made_anew_does_not_pass_for_the_old_one(tmp_path):
    root = case(tmp_path / "c")
    before = run.assess(root).report.read_text(encoding="utf-8")
    for part in root.glob("ledger.sqlite*"):
        part.unlink()
    after = run.assess(root)
    assert not after.reused
    assert after.report.read_text(encoding="utf-8") != before


def test_scanning_for_steps_as_well_unasks_no_question(tmp_path):
    root = case(tmp_path / "c")
    assert not event_findings(root)["talks"].exploratory
    yaml = (root / "case.yaml").read_text()
    (root / "case.yaml").write_text(yaml.replace("plan:\n", "plan:\n  breaks: true\n"))
    assessed = run.assess(root).assessment
    (scan,) = (f for f in assessed.findings if f.kind == "break")
    assert scan.exploratory  # asked when its counts had been seen
    assert scan.p_value is not None
    assert not next(f for f in assessed.findings if f.kind == "event").exploratory
