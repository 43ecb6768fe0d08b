"""Disks and file systems."""

from collections.abc import Iterator

from policies.rules.reading import at, fields, text, true
from policies.rules.rule import About, Scene, Severity, Subject, rule


@rule(
    About(
        id="disk-encrypted",
        title="Disks and file systems are encrypted with a key of ours",
        severity=Severity.HIGH,
        why="A snapshot that is shared by mistake is then worthless.",
        remedy="Set encrypted: true and kmsKeyId.",
        sources=("CKV_AWS_3", "CKV_AWS_42", "CKV_AWS_184", "CKV_AWS_189"),
    ),
    "aws:ebs/volume:Volume", "aws:efs/fileSystem:FileSystem",
)  # fmt: skip
def disk_encrypted(subject: Subject, _scene: Scene) -> Iterator[str]:
    if not true(subject.props, "encrypted"):
        yield "is not encrypted"
    if at(subject.props, "kmsKeyId") in (None, ""):
        yield "has no key of ours"


@rule(
    About(
        id="disk-default",
        title="Disks of an account are encrypted by default",
        severity=Severity.HIGH,
        why="Whatever launches a disk without asking gets an encrypted one.",
        remedy="Set enabled: true.",
        sources=("CKV_AWS_106",),
    ),
    "aws:ebs/encryptionByDefault:EncryptionByDefault",
)
def disk_default(subject: Subject, _scene: Scene) -> Iterator[str]:
    if at(subject.props, "enabled") not in (None, True):
        yield "is off"


@rule(
    About(
        id="file-access-point",
        title="An EFS access point is one user in one directory",
        severity=Severity.MEDIUM,
        why="Without both, a pod mounts the root as any user.",
        remedy="Set posixUser, and rootDirectory.path other than /.",
        sources=("CKV_AWS_329", "CKV_AWS_330"),
    ),
    "aws:efs/accessPoint:AccessPoint",
)
def access_point(subject: Subject, _scene: Scene) -> Iterator[str]:
    if text(subject.props, "rootDirectory", "path") in ("", "/"):
        yield "opens the root directory"
    if not fields(subject.props, "posixUser"):
        yield "fixes no user"


RULES = (
    access_point,
    disk_default,
    disk_encrypted,
)
