"""The flows by which a credential comes to a request; each is one row of ROWS."""

import json

import credential_amazon as amazon
import credential_google as google
from credential_amazon import MACHINE
from credential_flow import REGION

TOKEN_HOSTS = ["oauth2.googleapis.com", "sts.googleapis.com", "iamcredentials.googleapis.com",
               f"sts.{REGION}.amazonaws.com", f"portal.sso.{REGION}.amazonaws.com",
               f"oidc.{REGION}.amazonaws.com", "login.microsoftonline.com", "subject.example.org"]
MODEL_HOSTS = ["europe-west4-aiplatform.googleapis.com", f"bedrock-runtime.{REGION}.amazonaws.com",
               f"bedrock.{REGION}.amazonaws.com", "our-models.services.ai.azure.com",
               "llm.example.org"]
SETTINGS = {
    "vertex": ["--project", "our-project", "--region", "europe-west4"],
    "bedrock": ["--region", REGION], "foundry": ["--resource", "our-models"],
    "gateway": ["--base-url", "https://llm.example.org"],
    "openai": ["--base-url", "https://llm.example.org/v1"]}


# ---- Microsoft ----

TENANT = "0aa1bb22-0000-4000-8000-000000000000"
DIRECTORY = f"POST login.microsoftonline.com /{TENANT}/oauth2/v2.0/token"
ENTRA = {"client_id": "our-client", "grant_type": "client_credentials",
         "scope": "https://ai.azure.com/.default"}


def entra(flow, form):
    flow.set("credential.tenant", TENANT)
    flow.set("credential.client", "our-client")
    flow.route(DIRECTORY, {"form": {**ENTRA, **form}}, lambda asked: {
        "access_token": flow.token("entra"), "expires_in": 3600, "token_type": "Bearer"})


def client_secret(flow):
    flow.variables["AZURE_CLIENT_SECRET"] = flow.secret("client-secret")
    entra(flow, {"client_secret": flow.held["client-secret"]})


def federated(flow):
    path = flow.source("federated", flow.secret("federated") + "\n")
    flow.variables["AZURE_FEDERATED_TOKEN_FILE"] = str(path)
    entra(flow, {
        "client_assertion": flow.held["federated"],
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})


def managed(flow):
    flow.route(f"GET {MACHINE} /metadata/identity/oauth2/token", {
        "headers": {"metadata": "true"},
        "query": {"resource": "https://ai.azure.com", "api-version": "2018-02-01"}},
        lambda asked: {"access_token": flow.token("managed"), "expires_in": "3600",
                       "token_type": "Bearer"})


# ---- Keys and programs ----

def key_file(flow):
    flow.options += ["--key-file", str(flow.source("key", flow.token("key") + "\n"))]


def key_in_header(flow):
    key_file(flow)
    flow.set("keyHeader", "x-api-key")
    flow.shows = {"x-api-key"}


def key_variable(flow):
    flow.variables["OUR_MODELS_KEY"] = flow.token("key")
    flow.options += ["--key-variable", "OUR_MODELS_KEY"]


def resource_key(flow):
    key_file(flow)
    flow.shows = {"x-api-key", "api-key"}


def resource_key_variable(flow):
    key_variable(flow)
    flow.shows = {"x-api-key", "api-key"}


def helper(flow):
    flow.options += ["--helper", str(flow.program(flow.token("helper") + "\n"))]


def helper_with_headers(flow):
    path = flow.program({"token": flow.token("helper"), "headers": {
        "x-tenant-key": flow.secret("tenant-key")}})
    flow.set("credential.helper", json.dumps({"path": str(path), "arguments": ["--for", "us"]}))
    flow.shows |= {"x-tenant-key"}


class Row:
    """A flow: its name, the kind of provider, what prepares it, and whether a small sample has it.
    """

    def __init__(self, name, kind, make, is_quick=False):
        self.name, self.kind, self.make, self.is_quick = name, kind, make, is_quick


ROWS = [
    Row("Google service account", "vertex", google.google_account, True),
    Row("Google user", "vertex", google.google_user),
    Row("external account, file", "vertex", google.external_file),
    Row("external account, member and client", "vertex", google.external_member, True),
    Row("external account, address", "vertex", google.external_address),
    Row("external account, program", "vertex", google.external_program),
    Row("external account, Amazon's keys", "vertex", google.external_keys),
    Row("external account, Amazon's machine", "vertex", google.external_machine),
    Row("external account, impersonation", "vertex", google.external_account, True),
    Row("external account's user", "vertex", google.external_user),
    Row("impersonation by a user", "vertex", google.impersonated_by_user),
    Row("impersonation by an account", "vertex", google.impersonated_by_account),
    Row("Google metadata", "vertex", google.google_metadata),
    Row("Amazon's keys, environment", "bedrock", amazon.keys_of_environment, True),
    Row("Amazon's keys, profile", "bedrock", amazon.keys_of_profile),
    Row("credential_process", "bedrock", amazon.process, True),
    Row("sign-in", "bedrock", amazon.signed_in),
    Row("sign-in, renewed", "bedrock", amazon.signed_in_before, True),
    Row("instance metadata", "bedrock", amazon.machine),
    Row("container", "bedrock", amazon.container),
    Row("container, token file", "bedrock", amazon.container_by_file),
    Row("web identity", "bedrock", amazon.web_identity, True),
    Row("role", "bedrock", amazon.role),
    Row("role of a machine", "bedrock", amazon.role_of_machine),
    Row("Bedrock key, environment", "bedrock", amazon.bearer_of_environment),
    Row("Bedrock key, vault", "bedrock", key_file),
    Row("Entra client secret", "foundry", client_secret, True),
    Row("Entra federated token", "foundry", federated),
    Row("managed identity", "foundry", managed),
    Row("Foundry key, vault", "foundry", resource_key),
    Row("Foundry key, variable", "foundry", resource_key_variable),
    Row("gateway key, vault", "gateway", key_file, True),
    Row("gateway key, x-api-key", "gateway", key_in_header),
    Row("gateway key, variable", "gateway", key_variable),
    Row("helper program", "gateway", helper),
    Row("helper program with headers", "gateway", helper_with_headers, True),
    Row("chat completions, vault", "openai", key_file),
    Row("chat completions, helper", "openai", helper)]
