"""Where colours begin: at the numbers of the alerts, which a test compares with their rules."""

from dashboards.source.words.threshold import Limit, Threshold, counting

DAY = 86_400

CLUSTERS_DOWN = counting("critical", "FleetClusterDown")
CLUSTERS_WITH_OLD_DATA = counting("warning", "FleetClusterStale")
CLUSTERS_REFUSED = counting("warning", "FleetClusterRefused")
CRITICAL_ALERTS = counting("critical")
WARNING_ALERTS = counting("warning")

DATA_AGE = Threshold(limits=(Limit("FleetClusterStale", "warning", 300),))
API_ERRORS = Threshold(limits=(Limit("FleetApiErrors", "warning", 0.05),))
API_LATENCY = Threshold(limits=(Limit("FleetApiSlow", "warning", 5),))

NODES_READY = Threshold(limits=(Limit("FleetClusterNodesNotReady", "critical", 0.7),), falling=True)
NODES_NOT_READY = counting("warning", "FleetNodeNotReady")
NODES_UNDER_PRESSURE = counting("warning", "FleetNodePressure")
NODES_CORDONED = counting("info", "FleetNodeCordoned")
OVERCOMMITTED = Threshold(limits=(Limit("FleetClusterOvercommitted", "info", 1),))
QUOTA_USED = Threshold(
    limits=(Limit("FleetQuotaNearlyFull", "info", 0.9), Limit("FleetQuotaFull", "warning", 1))
)
QUOTAS_FULL = counting("warning", "FleetQuotaFull")

ROLLOUTS_STUCK = counting("warning", "FleetDeploymentRolloutStuck")
AUTOSCALERS_AT_MAXIMUM = counting("warning", "FleetHpaMaxedOut")
CLAIMS_UNBOUND = counting("warning", "FleetPersistentVolumeClaimUnbound")

CREDENTIAL_LEFT = Threshold(
    limits=(
        Limit("FleetCredentialExpiring", "warning", 14 * DAY),
        Limit("FleetCredentialExpiring", "critical", 2 * DAY),
    ),
    falling=True,
)
CREDENTIALS_EXPIRING = counting("warning", "FleetCredentialExpiring")
KUBELETS_BEHIND = Threshold(
    limits=(Limit("FleetKubeletSkewUnsupported", "warning", 3),), whole=True
)
KUBELETS_UNSUPPORTED = counting("warning", "FleetKubeletSkewUnsupported")
MINORS_BEHIND = Threshold(limits=(Limit("FleetClusterVersionBehind", "info", 3),))

SCRAPE_DURATION = Threshold(limits=(Limit("FleetExporterScrapeSlow", "warning", 8),))
FILE_DESCRIPTORS = Threshold(limits=(Limit("FleetExporterFileDescriptors", "warning", 0.8),))
RELOADS_FAILED = counting("warning", "FleetConfigReloadFailed")
DISCOVERY_FAILURES = counting("warning", "FleetDiscoveryFailing")
CRASHES = counting("warning", "FleetObservationCrashing")
FAMILY_ERRORS = counting("warning", "FleetFamilyErrors")
UNDECODABLE = counting("warning", "FleetObjectsUndecodable")
SERIES_DROPPED = counting("warning", "FleetSeriesDropped")
