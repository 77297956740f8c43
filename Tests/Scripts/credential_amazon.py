"""Flows to Amazon's credentials."""

import hashlib
import json

from credential_flow import REGION

MACHINE, CONTAINER = "169.254.169.254", "169.254.170.2"
LIFETIME = "x-aws-ec2-metadata-token-ttl-seconds"
ROLE = "arn:aws:iam::123456789012:role/made-up"


def keys_of_environment(flow):
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    flow.variables |= dict(zip(names, flow.keys("own")))


def profile(flow, credentials="", config=""):
    """Amazon's two files, with the profile `work` in the provider's settings."""
    flow.variables["AWS_SHARED_CREDENTIALS_FILE"] = str(flow.source("credentials", credentials))
    flow.variables["AWS_CONFIG_FILE"] = str(flow.source("config", config))
    flow.set("credential.profile", "work")


def key_lines(name, keys):
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    lines = [f"{key} = {value}\n" for key, value in zip(names, keys) if value]
    return f"[{name}]\n" + "".join(lines)


def keys_of_profile(flow):
    profile(flow, key_lines("work", flow.keys("own", is_temporary=False)))
    flow.set("api", "converse")


def process(flow):
    path = flow.program({"Version": 1, **flow.key_document("own", "SessionToken")})
    profile(flow, config=f"[profile work]\ncredential_process = {path} --for 'our coffer'\n")


def session(flow, **cache):
    """A sign-in to the IAM Identity Center; its cache is Amazon's own file."""
    profile(flow, config=(
        "[sso-session ours]\nsso_start_url = https://ours.awsapps.com/start\n"
        f"sso_region = {REGION}\n[profile work]\nsso_session = ours\n"
        "sso_account_id = 123456789012\nsso_role_name = Reader\n"))
    name = hashlib.sha1(b"ours").hexdigest() + ".json"
    flow.cache = flow.place.write(f"home/.aws/sso/cache/{name}", json.dumps({
        "startUrl": "https://ours.awsapps.com/start", "region": REGION,
        "accessToken": flow.secret("sign-in"), "clientId": "our-client", **cache}))
    flow.cache.chmod(0o600)
    flow.sources.add(flow.cache)


def portal(flow):
    def gives(asked):
        identity, secret, token = flow.keys("role")
        return {"roleCredentials": {
            "accessKeyId": identity, "secretAccessKey": secret, "sessionToken": token,
            "expiration": 4_000_000_000_000}}

    flow.route(f"GET portal.sso.{REGION}.amazonaws.com /federation/credentials", {
        "headers": {"x-amz-sso_bearer_token": flow.held_as("sign-in")},
        "query": {"role_name": "Reader", "account_id": "123456789012"}}, gives)


def signed_in(flow):
    session(flow, expiresAt="2099-01-01T00:00:00Z")
    portal(flow)


def signed_in_before(flow):
    """A sign-in that has ended and is renewed each time, with another refresh token."""
    session(flow, expiresAt="2020-01-01T00:00:00Z", clientSecret=flow.secret("client-secret"),
            refreshToken=flow.secret("refresh"), registrationExpiresAt="2099-01-01T00:00:00Z")
    flow.route(f"POST oidc.{REGION}.amazonaws.com /token", {"json": {
        "grantType": "refresh_token", "clientId": "our-client",
        "clientSecret": flow.held["client-secret"], "refreshToken": flow.held_as("refresh")}},
        lambda asked: {"accessToken": flow.secret("sign-in"), "expiresIn": 1,
                       "tokenType": "Bearer", "refreshToken": flow.secret("refresh")})
    portal(flow)


def machine(flow, is_last=True):
    """Version 2 of the metadata service."""
    folder = "/latest/meta-data/iam/security-credentials/"
    needs = {"headers": {"x-aws-ec2-metadata-token": flow.held_as("machine-session-token")}}
    flow.route(f"PUT {MACHINE} /latest/api/token", {
        "headers": {LIFETIME: lambda asked: asked.headers.get(LIFETIME, "").isdigit()}},
        lambda asked: flow.secret("machine-session-token"))
    flow.route(f"GET {MACHINE} {folder}", needs, lambda asked: "our-role")
    flow.route(f"GET {MACHINE} {folder}our-role", needs,
               lambda asked: flow.key_document("machine", is_last=is_last))


def container(flow):
    flow.variables |= {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/made-up",
                       "AWS_CONTAINER_AUTHORIZATION_TOKEN": flow.secret("container-token")}
    flow.route(f"GET {CONTAINER} /v2/credentials/made-up", {
        "headers": {"authorization": flow.held["container-token"]}},
        lambda asked: flow.key_document("container"))


def container_by_file(flow):
    path = flow.source("container-token", flow.secret("container-token"))
    flow.variables |= {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/get-credentials",
                       "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path)}
    flow.route("GET 127.0.0.1 /get-credentials", {
        "headers": {"authorization": flow.held["container-token"]}},
        lambda asked: flow.key_document("container"))


def role_answer(flow, action):
    identity, secret, token = flow.keys("role")
    return (f"<{action}Response><{action}Result><Credentials><AccessKeyId>{identity}"
            f"</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}"
            "</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            f"</{action}Result></{action}Response>")


def web_identity(flow):
    path = flow.source("web-token", flow.secret("web-token"))
    flow.variables |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_ARN": ROLE}
    action = "AssumeRoleWithWebIdentity"
    flow.route(f"POST sts.{REGION}.amazonaws.com /", {"form": {
        "Action": action, "RoleArn": ROLE, "WebIdentityToken": flow.held["web-token"]}},
        lambda asked: role_answer(flow, action))


def assume(flow, base, **form):
    flow.route(f"POST sts.{REGION}.amazonaws.com /", {
        "form": {"Action": "AssumeRole", "RoleArn": ROLE, **form}},
        lambda asked: role_answer(flow, "AssumeRole"), judges=flow.is_signed(base))


def role(flow):
    """A role by the keys of another profile, with an external id, which is a secret, too."""
    profile(flow, key_lines("base", flow.keys("own", is_last=False)), config=(
        f"[profile work]\nrole_arn = {ROLE}\nsource_profile = base\n"
        f"external_id = {flow.secret('external-id')}\n"))
    assume(flow, "own", ExternalId=flow.held["external-id"])


def role_of_machine(flow):
    machine(flow, is_last=False)
    profile(flow, config=f"[profile work]\nrole_arn = {ROLE}\n"
                         "credential_source = Ec2InstanceMetadata\n")
    assume(flow, "machine")


def bearer_of_environment(flow):
    flow.variables["AWS_BEARER_TOKEN_BEDROCK"] = flow.token("bearer")
