"""Flows to Google's credentials."""

import base64
import json
import subprocess
import urllib.parse

from credential_amazon import MACHINE, machine
from credential_flow import REGION, is_signed

METADATA = "metadata.google.internal"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
IAM = "https://www.googleapis.com/auth/iam"
ROBOT = "robot@our-project.iam.gserviceaccount.com"
POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q"
BECOME = f"/v1/projects/-/serviceAccounts/{ROBOT}:generateAccessToken"
JWT = "urn:ietf:params:oauth:token-type:jwt"
AMAZON = "urn:ietf:params:aws:token-type:aws4_request"


def exchange(flow, is_last=True, **form):
    """The security token service's exchange."""
    needs = {"form": {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": POOL,
        "scope": CLOUD if is_last else IAM, "subject_token_type": JWT,
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token", **form}}
    flow.route("POST sts.googleapis.com /v1/token", needs, lambda asked: {
        "access_token": flow.token("exchanged", is_last), "expires_in": 3600})


def refresh(flow, is_last=True):
    """The refresh of a person's token."""
    flow.route("POST oauth2.googleapis.com /token", {"form": {
        "grant_type": "refresh_token", "client_id": "made-up.apps",
        "client_secret": flow.held["client-secret"], "refresh_token": flow.held["refresh"]}},
        lambda asked: {"access_token": flow.token("user", is_last), "expires_in": 3600})


def become(flow, base):
    """The impersonation of a service account by what `base` names."""
    flow.route(f"POST iamcredentials.googleapis.com {BECOME}", {
        "headers": {"authorization": flow.held_as(base, "Bearer ")},
        "json": {"scope": lambda asked: asked.json.get("scope") == [CLOUD]}},
        lambda asked: {"accessToken": flow.token("impersonated"),
                       "expireTime": "2099-01-01T00:00:00Z"})


def user_file(flow):
    return {"type": "authorized_user", "client_id": "made-up.apps",
            "client_secret": flow.secret("client-secret"), "refresh_token": flow.secret("refresh"),
            "quota_project_id": "our-project"}


def account_file(flow):
    """A key file of a service account; the key's lines and its number are canaries as well."""
    key = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        capture_output=True, check=True).stdout
    for line in key.decode().splitlines()[2:-2]:
        flow.canaries.learn("a line of a private key", line.encode())
    body = base64.b64decode("".join(key.decode().splitlines()[1:-1]))
    # In PKCS#8 the private exponent lies beyond the modulus of 257 bytes.
    flow.canaries.learn("a private key", body[330:362])
    flow.public = flow.place.write("sources/public.pem", subprocess.run(
        ["openssl", "pkey", "-pubout"], input=key, capture_output=True, check=True).stdout)
    flow.sources.add(flow.public)
    return {"type": "service_account", "client_email": ROBOT, "private_key": key.decode(),
            "private_key_id": "made-up", "project_id": "our-project",
            "token_uri": "https://oauth2.googleapis.com/token"}


def is_statement(flow, scope):
    """Judges a signed statement, which becomes a canary itself."""
    def judges(asked):
        text = asked.form.get("assertion", "")
        head, claims, signature = text.split(".")
        flow.canaries.learn("a signed statement", signature[:60].encode())
        raw = base64.urlsafe_b64decode(signature + "==")
        path = flow.place.write("sources/signature", raw)
        flow.sources.add(path)
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", flow.public, "-signature", path],
            input=f"{head}.{claims}".encode(), capture_output=True, check=False)
        said = json.loads(base64.urlsafe_b64decode(claims + "=="))
        return done.returncode == 0 and said["iss"] == ROBOT and said["scope"] == scope
    return judges


def statement(flow, is_last=True):
    flow.route("POST oauth2.googleapis.com /token", {"form": {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}},
        lambda asked: {"access_token": flow.token("account", is_last), "expires_in": 3600},
        judges=is_statement(flow, CLOUD if is_last else IAM))


def google_account(flow):
    path = flow.source("account.json", account_file(flow))
    flow.set("credential.file", path)
    statement(flow)


def google_user(flow):
    flow.source("gcloud/application_default_credentials.json", user_file(flow))
    flow.variables["CLOUDSDK_CONFIG"] = str(flow.place.root / "sources/gcloud")
    refresh(flow)


def external(flow, source, **more):
    """A file of an external account, named by a variable."""
    path = flow.source("external.json", {
        "type": "external_account", "audience": POOL, "subject_token_type": JWT,
        "token_url": "https://sts.googleapis.com/v1/token", "credential_source": source, **more})
    flow.variables["GOOGLE_APPLICATION_CREDENTIALS"] = str(path)


def external_file(flow):
    external(flow, {"file": str(flow.source("subject", flow.secret("subject")))})
    exchange(flow, subject_token=flow.held["subject"])


def external_member(flow):
    """A member of a file, and a client of the pool's own."""
    path = flow.source("subject.json", {"token": flow.secret("subject")})
    external(flow, {"file": str(path), "format": {
        "type": "json", "subject_token_field_name": "token"}},
        client_id="our-client", client_secret=flow.secret("pool-client"))
    exchange(flow, subject_token=flow.held["subject"])
    pair = base64.b64encode(f"our-client:{flow.held['pool-client']}".encode()).decode()
    flow.routes[0].needs["headers"] = {"authorization": f"Basic {pair}"}


def external_address(flow):
    external(flow, {"url": "https://subject.example.org/token?for=coffer", "headers": {
        "x-subject-key": flow.secret("subject-key")}, "format": {
            "type": "json", "subject_token_field_name": "value"}})
    flow.route("GET subject.example.org /token", {
        "headers": {"x-subject-key": flow.held["subject-key"]}, "query": {"for": "coffer"}},
        lambda asked: {"value": flow.secret("subject")})
    exchange(flow, subject_token=flow.held_as("subject"))


def external_program(flow):
    path = flow.program({"version": 1, "success": True, "token_type": JWT,
                         "id_token": flow.secret("subject"), "expiration_time": 4_000_000_000})
    external(flow, {"executable": {"command": f"{path} --for coffer", "timeout_millis": 5000}})
    flow.variables["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] = "1"
    exchange(flow, subject_token=flow.held["subject"])


def is_amazon_statement(flow, what):
    """Judges a signed question to Amazon as Google gets it; its signature becomes a canary."""
    def judges(asked):
        said = json.loads(urllib.parse.unquote(asked.form.get("subject_token", "")))
        headers = {entry["key"].lower(): entry["value"] for entry in said["headers"]}
        url = urllib.parse.urlsplit(said["url"])
        signature = headers["authorization"].rpartition("=")[2]
        flow.canaries.learn("a signed question", signature.encode())
        return headers["x-goog-cloud-target-resource"] == POOL and headers.get(
            "x-amz-security-token") == flow.held[f"{what}-session"] and is_signed(
                said["method"], url.path or "/", url.query, headers, b"",
                flow.held[f"{what}-secret"])
    return judges


def external_amazon(flow):
    data = f"http://{MACHINE}/latest/meta-data"
    external(flow, {
        "environment_id": "aws1", "region_url": f"{data}/placement/availability-zone",
        "url": f"{data}/iam/security-credentials",
        "imdsv2_session_token_url": f"http://{MACHINE}/latest/api/token",
        "regional_cred_verification_url":
            "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"},
        subject_token_type=AMAZON)
    exchange(flow, subject_token_type=AMAZON)


def external_keys(flow):
    """Amazon's keys of the environment."""
    external_amazon(flow)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    flow.variables |= dict(zip(names, flow.keys("own", is_last=False)), AWS_REGION=REGION)
    flow.routes[-1].judges = is_amazon_statement(flow, "own")


def external_machine(flow):
    """Keys of a machine of Amazon, whose region is asked for as well."""
    machine(flow, is_last=False)
    flow.route(f"GET {MACHINE} /latest/meta-data/placement/availability-zone", {
        "headers": {"x-aws-ec2-metadata-token": flow.held_as("machine-session-token")}},
        lambda asked: REGION + "a")
    external_amazon(flow)
    flow.routes[-1].judges = is_amazon_statement(flow, "machine")
    flow.calls = [0, 3, 0, 1, 2, 4]


def external_account(flow):
    """A service account that an external account becomes."""
    path = flow.source("subject", flow.secret("subject"))
    external(flow, {"file": str(path)}, service_account_impersonation_url=(
        f"https://iamcredentials.googleapis.com{BECOME}"))
    exchange(flow, is_last=False, subject_token=flow.held["subject"])
    become(flow, "exchanged")


def external_user(flow):
    """A person of a workforce pool; the server replaces the refresh token."""
    path = flow.source("person.json", {
        "type": "external_account_authorized_user", "audience": POOL, "client_id": "our-client",
        "client_secret": flow.secret("client-secret"), "refresh_token": flow.secret("refresh"),
        "token_url": "https://sts.googleapis.com/v1/oauthtoken"})
    flow.set("credential.file", path)
    pair = base64.b64encode(f"our-client:{flow.held['client-secret']}".encode()).decode()
    first, allowed = flow.held["refresh"], set()

    def gives(asked):
        allowed.add(new := flow.secret("next-refresh"))
        return {"access_token": flow.token("person"), "expires_in": 3600, "refresh_token": new}

    flow.route("POST sts.googleapis.com /v1/oauthtoken", {
        "headers": {"authorization": f"Basic {pair}"},
        "form": {"grant_type": "refresh_token", "refresh_token":
                 lambda asked: asked.form.get("refresh_token") in allowed | {first}}}, gives)


def impersonated(flow, source):
    flow.set("credential.file", flow.source("robot.json", {
        "type": "impersonated_service_account", "source_credentials": source, "delegates": [],
        "service_account_impersonation_url": f"https://iamcredentials.googleapis.com{BECOME}"}))


def impersonated_by_user(flow):
    impersonated(flow, user_file(flow))
    refresh(flow, is_last=False)
    become(flow, "user")


def impersonated_by_account(flow):
    impersonated(flow, account_file(flow))
    statement(flow, is_last=False)
    become(flow, "account")


def google_metadata(flow):
    flow.route(f"GET {METADATA} /computeMetadata/v1/instance/service-accounts/default/token", {
        "headers": {"metadata-flavor": "Google"}, "query": {"scopes": CLOUD}},
        lambda asked: {"access_token": flow.token("metadata"), "expires_in": 3600},
        headers={"metadata-flavor": "Google"})
