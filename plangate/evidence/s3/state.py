"""A state in S3: where it is, its bytes, and who holds its lock. Reads only; no lock is ever taken.

The layout is that of Terraform's S3 backend (internal/backend/remote-state/s3 in https://github.com/hashicorp/terraform): the object,
`<key>.tflock` beside it, and two items of a DynamoDB table, `<bucket>/<key>` for the lock and `<bucket>/<key>-md5` for the digest.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, Any, Final

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from msgspec import Struct

from plangate.errors import EvidenceError, InputError
from plangate.evidence.s3 import location as s3_location
from plangate.evidence.state import StateRead
from plangate.model.change import Lock
from plangate.model.input import RawInput

if TYPE_CHECKING:
    from plangate.evidence.s3.location import Location
    from plangate.model.input import StateSource

_MOST_BYTES: Final = 512 * 1024**2
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 20
_ATTEMPTS: Final = 3
_ROLE_SESSION: Final = "plangate"
_DIGEST_TRIES: Final = 3
_DIGEST_SECONDS: Final = 1.0


class _LockInfo(Struct):
    """What Terraform writes into a lock (internal/states/statemgr/locker.go)."""

    who: str = msgspec.field(name="Who", default="")
    created: str = msgspec.field(name="Created", default="")
    operation: str = msgspec.field(name="Operation", default="")


def read(source: StateSource) -> StateRead:
    """Read a state, its lock and its digest. Raises `EvidenceError` with the reason, `InputError` for a location that is none."""
    location = s3_location.find(source)
    with _explained(location):
        clients = _Clients(location)
        data = clients.object(location.key)
    lock, digest, unsure = None, None, ""
    try:
        with _explained(location):
            lock = clients.lock()
            data, digest = _settled(clients, data)
    except EvidenceError as error:
        unsure = error.message
    return StateRead(None if data is None else RawInput(location.url, data), lock, digest, unsure, location.url)


def _settled(clients: _Clients, data: bytes | None) -> tuple[bytes | None, str | None]:
    """The state and its digest. If they do not match, both are read again, as Terraform does: a write may be in progress."""
    digest = clients.digest()
    for _ in range(_DIGEST_TRIES):
        if data is None or digest is None or hashlib.md5(data, usedforsecurity=False).hexdigest() == digest:
            break
        time.sleep(_DIGEST_SECONDS)
        data, digest = clients.object(clients.key), clients.digest()
    return data, digest


class _Clients:
    """Connections to S3 and DynamoDB for one location."""

    def __init__(self, location: Location):
        self._location = location
        self.key = location.key
        self._config = Config(
            connect_timeout=_seconds(_CONNECT_SECONDS),
            read_timeout=_seconds(_READ_SECONDS),
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            s3={"addressing_style": "path"} if location.path_style else None,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        session = boto3.session.Session(profile_name=location.profile, region_name=location.region)
        if location.role_arn:
            session = self._assumed(session, location.role_arn)
        self._session = session
        self._s3 = session.client("s3", endpoint_url=location.endpoint, config=self._config)

    def _assumed(self, session: Any, role_arn: str) -> Any:
        sts = session.client("sts", endpoint_url=self._location.sts_endpoint, config=self._config)
        try:
            given = sts.assume_role(RoleArn=role_arn, RoleSessionName=_ROLE_SESSION)["Credentials"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "AccessDenied":
                raise
            raise EvidenceError(
                "the role may not be taken with these credentials",
                where=self._location.url,
                hint="see the trust policy of the role, and sts:AssumeRole of the credentials",
            ) from None
        return boto3.session.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=self._location.region,
        )

    def object(self, key: str, most: int = _MOST_BYTES) -> bytes | None:
        """An object, whole. None only where S3 says that there is none, and that it was never there."""
        try:
            found = self._s3.get_object(Bucket=self._location.bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "NoSuchKey":
                raise
            headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            if headers.get("x-amz-delete-marker") == "true":
                raise EvidenceError(
                    "was deleted: the bucket keeps a delete marker for it",
                    where=self._location.url,
                    hint="restore the version before it, or find out who deleted it",
                ) from None
            return None
        length = found.get("ContentLength", 0)
        if length > most:
            raise EvidenceError(f"is larger than {most // 1024**2} MiB", where=self._location.url)
        data: bytes = found["Body"].read(most + 1)
        if len(data) != length:
            raise EvidenceError("came cut: fewer bytes than S3 said", where=self._location.url, hint="try again")
        return data

    def lock(self) -> Lock | None:
        """The lock, from the lock file or the DynamoDB table; None if there is none."""
        if self._location.lockfile:
            data = self.object(f"{self._location.key}.tflock", 1024**2)
            if data is not None:
                return _lock(data)
        item = self._item(self._location.path)
        info = item.get("Info", {}).get("S") if item else None
        return None if info is None else _lock(info.encode())

    def digest(self) -> str | None:
        """The MD5 that the backend noted for the object, in hex."""
        item = self._item(f"{self._location.path}-md5")
        found = item.get("Digest", {}).get("S") if item else None
        return found if isinstance(found, str) else None

    def _item(self, lock_id: str) -> dict[str, Any] | None:
        location = self._location
        if location.table is None:
            return None
        dynamodb = self._session.client("dynamodb", endpoint_url=location.dynamodb_endpoint, config=self._config)
        found = dynamodb.get_item(TableName=location.table, Key={"LockID": {"S": lock_id}}, ConsistentRead=True)
        item = found.get("Item")
        return item if isinstance(item, dict) else None


def _seconds(usual: float) -> float:
    """The time limit of a request in seconds, from `PLANGATE_S3_TIMEOUT` where it is set."""
    try:
        return max(float(os.environ["PLANGATE_S3_TIMEOUT"]), 0.1)
    except (KeyError, ValueError):
        return usual


def _lock(data: bytes) -> Lock:
    """The lock in its JSON; content that cannot be decoded counts as a lock by somebody unknown."""
    try:
        info = msgspec.json.decode(data, type=_LockInfo)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Lock("somebody", "an unknown time")
    return Lock(info.who or "somebody", info.created or "an unknown time", info.operation)


# --- faults -----------------------------------------------------------------------------------------------------------

_CODES: Final = {
    "NoSuchBucket": ("there is no such bucket", "check the bucket's name and the account of the credentials"),
    "AccessDenied": (
        "access is denied; the object may be missing or forbidden, S3 does not say which",
        "allow s3:GetObject on the state and its .tflock (and kms:Decrypt): plangate collect --print-permissions",
    ),
    "PermanentRedirect": ("the bucket is in another region", "set the region of the bucket"),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", "set the region of the bucket"),
    "301": ("the bucket is in another region", "set the region of the bucket"),
    "ExpiredToken": ("the credentials have expired", "get new credentials"),
    "ExpiredTokenException": ("the credentials have expired", "get new credentials"),
    "InvalidAccessKeyId": ("the access key is not known", "check the credentials"),
    "SignatureDoesNotMatch": ("the secret key does not fit the access key", "check the credentials and the clock"),
    "InvalidClientTokenId": ("the credentials are not valid", "check the credentials"),
    "UnrecognizedClientException": ("the credentials are not valid", "check the credentials"),
    "RequestTimeTooSkewed": ("the clock of this machine is wrong", "set the clock"),
    "SlowDown": ("S3 asks to slow down, also after trying again", "try again later"),
    "ThrottlingException": ("the service asks to slow down, also after trying again", "try again later"),
    "InvalidObjectState": ("the object is archived", "restore it from the archive first"),
    "KMS.AccessDeniedException": ("the key that encrypts it may not be used", "allow kms:Decrypt on that key"),
    "KMS.DisabledException": ("the key that encrypts it is disabled", "enable the key"),
    "ResourceNotFoundException": ("there is no such DynamoDB table", "check dynamodb_table"),
    "AccessDeniedException": (
        "DynamoDB denies access, so nobody can tell whether the state is locked",
        "allow dynamodb:GetItem on the table of locks",
    ),
    "InternalError": ("S3 has an internal error, also after trying again", "try again later"),
    "ServiceUnavailable": ("S3 is not available, also after trying again", "try again later"),
}
"""Explanations and hints by error code of S3, DynamoDB and STS; some answer with the status only."""

_FAULTS: Final = {
    "NoCredentialsError": (
        "there are no AWS credentials",
        "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run where there is a role",
    ),
    "PartialCredentialsError": ("the AWS credentials are not complete", "set AWS_SECRET_ACCESS_KEY too"),
    "CredentialRetrievalError": ("no AWS credentials could be got", "see aws sts get-caller-identity"),
    "ProfileNotFound": ("there is no such AWS profile", "check AWS_PROFILE and the profile of the backend"),
    "NoRegionError": ("no region is set", "set AWS_REGION, or region in the backend"),
    "TokenRetrievalError": ("the SSO session has expired", "aws sso login"),
    "UnauthorizedSSOTokenError": ("the SSO session has expired", "aws sso login"),
    "ConnectTimeoutError": ("the connection took too long", "check the network and the endpoint"),
    "ReadTimeoutError": ("the answer took too long", "try again; check the network"),
    "EndpointConnectionError": ("the endpoint cannot be reached", "check the network, the region and the endpoint"),
    "ConnectionClosedError": ("the connection was closed before the answer", "try again"),
    "ResponseStreamingError": ("the answer broke off", "try again"),
    "IncompleteReadError": ("the answer broke off", "try again"),
    "SSLError": ("the certificate of the endpoint is not trusted", "set AWS_CA_BUNDLE"),
    "ProxyConnectionError": ("the proxy cannot be reached", "check HTTPS_PROXY"),
    "ParamValidationError": ("the location is none that S3 accepts", "check bucket and key"),
    "InvalidRegionError": ("the region is none that AWS has", "check the region"),
}
"""Explanations of failures without an answer, by the name of botocore's exception."""


class _explained:  # noqa: N801 - used as a statement
    """A context manager that turns every error of boto3 into an `EvidenceError` without any value."""

    def __init__(self, location: Location):
        self._location = location

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, InputError):
            return
        where = self._location.url
        if isinstance(error, ClientError):
            details = error.response.get("Error", {})
            code = str(details.get("Code", ""))
            text = str(details.get("Message", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            words = _by_code(code, text, status)
            raise EvidenceError(words[0], where=where, hint=words[1]) from None
        if isinstance(error, (BotoCoreError, HTTPClientError)):
            named = (_FAULTS.get(cls.__name__) for cls in type(error).__mro__)
            words = next(filter(None, named), (f"S3 could not be asked ({type(error).__name__})", "see the reason"))
            raise EvidenceError(words[0], where=where, hint=words[1]) from None
        if isinstance(error, RecursionError):
            # botocore follows region redirects without limit if every region redirects.
            raise EvidenceError(
                *_CODES["PermanentRedirect"][:1], where=where, hint=_CODES["PermanentRedirect"][1]
            ) from None
        if isinstance(error, Exception):
            broke = type(error).__module__.startswith("urllib3")
            words = (
                ("the answer broke off", "try again")
                if broke
                else (f"S3 could not be asked ({type(error).__name__})", "")
            )
            raise EvidenceError(words[0], where=where, hint=words[1] or None) from None


def _by_code(code: str, text: str, status: int | None) -> tuple[str, str]:
    """The explanation of an error code. A denied KMS key is a plain denial, distinguished only by its message."""
    if code == "AccessDenied" and ("kms" in text.lower()):
        return _CODES["KMS.AccessDeniedException"]
    if code in _CODES:
        return _CODES[code]
    if status in (301, 307, 400) and not code.isidentifier():
        return _CODES["PermanentRedirect"]
    if status == 403:
        return _CODES["AccessDenied"]
    if status is not None and status >= 500:
        return "S3 has an internal error, also after trying again", "try again later"
    safe = code if code.replace(".", "").isalnum() else "an error"
    return f"the request was refused ({safe})", "see the reason, and review again"
