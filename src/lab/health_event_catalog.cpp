#include "lab/health_event_catalog.h"

#include <array>

namespace exporter::lab {
namespace {

constexpr std::int32_t kNone = 0;
constexpr std::int32_t kComponentReset = 2;
constexpr std::int32_t kContactSupport = 5;
constexpr std::int32_t kRestartVm = 15;
constexpr std::int32_t kRestartBm = 24;
constexpr std::int32_t kRunDcgmEud = 26;

constexpr std::string_view kSyslog = "syslog-health-monitor";
constexpr std::string_view kGpu = "gpu-health-monitor";
constexpr std::string_view kNic = "nic-health-monitor";
constexpr std::string_view kXid = "SysLogsXIDError";

constexpr std::array kKinds = {
    FaultKind{kSyslog, "GPU", kXid, "13", "Graphics Engine Exception", true, false, kNone, 22'000},
    FaultKind{kSyslog, "GPU", kXid, "31", "GPU memory page fault", true, false, kNone, 26'000},
    FaultKind{kSyslog, "GPU", kXid, "63", "ECC page retirement or row remapping recording event", true, false, kNone,
              4'000},
    FaultKind{kSyslog, "GPU", kXid, "94", "Contained memory error", true, false, kNone, 5'000},
    FaultKind{kSyslog, "GPU", kXid, "74", "NVLink error", true, false, kNone, 3'500},
    FaultKind{kSyslog, "GPU", kXid, "48", "Double bit ECC error", true, true, kContactSupport, 420},
    FaultKind{kSyslog, "GPU", kXid, "79", "GPU has fallen off the bus", true, true, kContactSupport, 640},
    FaultKind{kSyslog, "GPU", kXid, "95", "Uncontained memory error", true, true, kComponentReset, 12},
    FaultKind{kSyslog, "GPU", "SysLogsGPUFallenOff", "", "GPU is lost: it no longer answers on the PCIe bus", false,
              true, kRestartBm, 8},
    FaultKind{kGpu, "GPU", "GpuMemWatch", "DCGM_FR_VOLATILE_SBE_DETECTED",
              "Volatile single bit ECC errors above the threshold", false, false, kNone, 9'000},
    FaultKind{kGpu, "GPU", "GpuMemWatch", "DCGM_FR_VOLATILE_DBE_DETECTED", "Volatile double bit ECC errors detected",
              false, true, kContactSupport, 210},
    FaultKind{kGpu, "GPU", "GpuNvlinkWatch", "DCGM_FR_NVLINK_DOWN", "NVLink 5 is down", false, true, kContactSupport,
              220},
    FaultKind{kGpu, "GPU", "GpuNvlinkWatch", "DCGM_FR_NVLINK_CRC_ERROR_THRESHOLD",
              "NVLink CRC flit errors above 100 a second & rising", false, false, kNone, 6'500},
    FaultKind{kGpu, "GPU", "GpuThermalWatch", "DCGM_FR_CLOCK_THROTTLE_THERMAL",
              "Clocks lowered: temperature 91 \u00b0C is above the slowdown threshold", false, false, kNone, 9'500},
    FaultKind{kGpu, "GPU", "GpuPowerWatch", "DCGM_FR_CLOCK_THROTTLE_POWER", "Clocks lowered: board power limit reached",
              false, false, kNone, 7'000},
    FaultKind{kGpu, "GPU", "GpuInforomWatch", "DCGM_FR_CORRUPT_INFOROM", "The InfoROM is corrupt", false, false,
              kRunDcgmEud, 2},
    FaultKind{kGpu, "GPU", "GpuPcieWatch", "DCGM_FR_PCI_REPLAY_RATE", "PCIe replays above 8 a minute", false, false,
              kNone, 3'000},
    FaultKind{kNic, "NIC", "InfiniBandStateCheck", "", "Port mlx5_3/1 is DOWN, expected ACTIVE", false, false, kNone,
              2'000},
    FaultKind{kNic, "NIC", "EthernetStateCheck", "", "Port mlx5_bond_0 flapped 12 times in 60 s", false, false, kNone,
              1'000},
    FaultKind{kGpu, "GPU", "GpuSmWatch", "DCGM_FR_UNCONTAINED_ERROR", "SM errors that no reset clears", false, true,
              kRestartVm, 2},
};

}  // namespace

std::span<const FaultKind> fault_kinds() { return kKinds; }

}  // namespace exporter::lab
