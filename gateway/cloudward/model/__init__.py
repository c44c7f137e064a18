"""Service models: botocore's, plus overlays, loaded into small frozen shapes."""

from cloudward.model.catalogue import Catalogue
from cloudward.model.shapes import ErrorTrait, HttpTrait, Member, OperationModel, ServiceModel, Shape

__all__ = ["Catalogue", "ErrorTrait", "HttpTrait", "Member", "OperationModel", "ServiceModel", "Shape"]
