"""All that a plugin imports.  What stands in `__all__` is stable; everything else in the package is private."""

from cloudward.app import App
from cloudward.authorization import (
    ActionRequest,
    AuthorizationFacts,
    AuthorizationRequest,
    OrganizationPolicies,
    OrganizationPolicy,
    Verdict,
)
from cloudward.config import Config
from cloudward.context import Context
from cloudward.errors import AccessDenied, ConfigError, InvalidCredential, ServiceError, ValidationError, message
from cloudward.events import CallRecord
from cloudward.hookspecs import hookimpl
from cloudward.identity import Caller, Credential, Session, root_caller
from cloudward.ids import access_key_id, account_of_key, random_bytes, random_hex, secret_access_key, unique_id
from cloudward.naming import parameter_name
from cloudward.operation import operation
from cloudward.plugin_settings import PluginSetting, PluginSettings, check_quotas, read_flag, read_names
from cloudward.provider import Provider
from cloudward.scope import Per, Scope, partition_of
from cloudward.server.internal import InternalRoute, Stream, html_response, json_response
from cloudward.state import (
    Across,
    DuplicateKey,
    Located,
    Page,
    Past,
    Record,
    State,
    TableView,
    Transaction,
    index,
    reference,
    single,
    table,
)

__all__ = [
    "AccessDenied",
    "Across",
    "ActionRequest",
    "App",
    "AuthorizationFacts",
    "AuthorizationRequest",
    "CallRecord",
    "Caller",
    "Config",
    "ConfigError",
    "Context",
    "Credential",
    "DuplicateKey",
    "InternalRoute",
    "InvalidCredential",
    "Located",
    "OrganizationPolicies",
    "OrganizationPolicy",
    "Page",
    "Past",
    "Per",
    "PluginSetting",
    "PluginSettings",
    "Provider",
    "Record",
    "Scope",
    "ServiceError",
    "Session",
    "State",
    "Stream",
    "TableView",
    "Transaction",
    "ValidationError",
    "Verdict",
    "access_key_id",
    "account_of_key",
    "check_quotas",
    "hookimpl",
    "html_response",
    "index",
    "json_response",
    "message",
    "operation",
    "parameter_name",
    "partition_of",
    "random_bytes",
    "random_hex",
    "read_flag",
    "read_names",
    "reference",
    "root_caller",
    "secret_access_key",
    "single",
    "table",
    "unique_id",
]
