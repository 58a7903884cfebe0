"""`allow_hosts`: names of hosts and ports, and nothing that could be taken for more."""

from pathlib import Path

import pytest

from overlook.case import read_case
from overlook.errors import CaseError

CASE = "overlook: 1\nid: c\ntitle: t\n"


def written(folder: Path, line: str) -> Path:
    (folder / "case.yaml").write_text(CASE + line)
    return folder


def test_no_host_is_allowed_unless_the_case_says_so(tmp_path: Path) -> None:
    assert read_case(written(tmp_path, "")).allow_hosts == ()


def test_hosts_are_kept_in_lower_case_and_once(tmp_path: Path) -> None:
    case = read_case(written(tmp_path, "allow_hosts: [Minio.lan:9000, localhost, minio.lan:9000, 127.0.0.1:8080]\n"))
    assert case.allow_hosts == ("minio.lan:9000", "localhost", "127.0.0.1:8080")


@pytest.mark.parametrize("host", ["http://minio.lan", "user@minio.lan", "minio.lan/x", "*", "", "minio.lan:port"])
def test_what_is_no_host_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(CaseError) as caught:
        read_case(written(tmp_path, f'allow_hosts: ["{host}"]\n'))
    assert "allow_hosts" in str(caught.value)
