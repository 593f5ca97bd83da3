/* A libnvidia-ml.so.1 without a GPU. What it answers stands in a file of int64 values that the
 * tests map too (NVML_STAND_IN names it): values, and for each GPU and function an error. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VALUES(X) \
    X(count) X(init_error) X(every_error) X(hanging) X(hung) X(processes) X(process_count) \
    X(process_bytes) X(process_pid) X(opened) X(init_calls) X(shutdown_calls) X(calls) \
    X(total) X(used) X(free) X(reserved) X(busy) X(memory_busy) X(power) X(power_limit) \
    X(temperature) X(sm_clock) X(reasons) X(energy) X(nvlinks) X(nvlink_kib) X(mig_mode)
#define FUNCTIONS(X) \
    X(none) X(SystemGetDriverVersion) X(DeviceGetCount_v2) X(DeviceGetHandleByIndex_v2) \
    X(DeviceGetName) X(DeviceGetUUID) X(DeviceGetCudaComputeCapability) X(DeviceGetMemoryInfo) \
    X(DeviceGetMemoryInfo_v2) X(DeviceGetComputeRunningProcesses_v3) \
    X(DeviceGetGraphicsRunningProcesses_v3) X(SystemGetProcessName) \
    X(DeviceGetUtilizationRates) X(DeviceGetPowerUsage) X(DeviceGetEnforcedPowerLimit) \
    X(DeviceGetTotalEnergyConsumption) X(DeviceGetTemperature) X(DeviceGetTemperatureV) \
    X(DeviceGetTemperatureThreshold) X(DeviceGetClockInfo) X(DeviceGetMaxClockInfo) \
    X(DeviceGetCurrentClocksEventReasons) X(DeviceGetCurrPcieLinkGeneration) \
    X(DeviceGetMaxPcieLinkGeneration) X(DeviceGetCurrPcieLinkWidth) X(DeviceGetMaxPcieLinkWidth) \
    X(DeviceGetPcieThroughput) X(DeviceGetFanSpeed) X(DeviceGetEccMode) X(DeviceGetTotalEccErrors) \
    X(DeviceGetMigMode) X(DeviceGetMaxMigDeviceCount) X(DeviceGetMigDeviceHandleByIndex) \
    X(DeviceGetNvLinkState) X(DeviceGetNvLinkVersion) X(DeviceGetFieldValues)

#define VALUE(name) V_##name,
#define FUNCTION(name) F_##name,
enum value { VALUES(VALUE) V_END };
enum function { FUNCTIONS(FUNCTION) F_END };
#define FIRST_ERROR 64
#define FUNCTIONS_A_GPU 64
#define MOST_GPUS 16

enum { UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7 };
typedef void *gpu_t;
typedef unsigned int u32;
typedef unsigned long long u64;

static volatile int64_t *shared;
#define V(name) (shared[V_##name])

static int mapped(void) {
    if (shared) return 1;
    const char *path = getenv("NVML_STAND_IN");
    int file = path ? open(path, O_RDWR) : -1;
    if (file < 0) return 0;
    size_t size = (FIRST_ERROR + MOST_GPUS * FUNCTIONS_A_GPU) * sizeof(int64_t);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return 0;
    shared = memory;
    return 1;
}

/* What is to be said before an answer; 0 where the answer may be given. */
static int refused(enum function function, gpu_t handle) {
    if (!mapped()) return 9;
    V(calls)++;
    while (V(hanging) == function && function) {
        V(hung) = 1;
        usleep(2000);
    }
    if (V(opened) <= 0) return UNINITIALIZED;
    if (V(every_error)) return (int)V(every_error);
    int64_t gpu = handle ? (int64_t)(intptr_t)handle - 1 : 0;
    if (gpu < 0 || gpu >= MOST_GPUS) return INVALID;
    return (int)shared[FIRST_ERROR + gpu * FUNCTIONS_A_GPU + function];
}
#define ASK(name, handle) \
    do { int code = refused(F_##name, handle); if (code) return code; } while (0)

int nvmlInitWithFlags(u32 flags) {
    (void)flags;
    if (!mapped()) return 9;
    V(init_calls)++;
    if (V(init_error)) return (int)V(init_error);
    V(opened)++;
    return 0;
}
int nvmlShutdown(void) {
    if (!mapped() || V(opened) <= 0) return UNINITIALIZED;
    V(shutdown_calls)++;
    V(opened)--;
    return 0;
}
const char *nvmlErrorString(int code) { (void)code; return "stand-in error"; }
int nvmlSystemGetDriverVersion(char *text, u32 size) {
    ASK(SystemGetDriverVersion, NULL);
    snprintf(text, size, "580.95.05");
    return 0;
}
int nvmlDeviceGetCount_v2(u32 *count) {
    ASK(DeviceGetCount_v2, NULL);
    *count = (u32)V(count);
    return 0;
}
int nvmlDeviceGetHandleByIndex_v2(u32 index, gpu_t *handle) {
    ASK(DeviceGetHandleByIndex_v2, (gpu_t)(intptr_t)(index + 1));
    if (index >= V(count)) return INVALID;
    *handle = (gpu_t)(intptr_t)(index + 1);
    return 0;
}
int nvmlDeviceGetName(gpu_t gpu, char *text, u32 size) {
    ASK(DeviceGetName, gpu);
    snprintf(text, size, "Stand-in GPU");
    return 0;
}
int nvmlDeviceGetUUID(gpu_t gpu, char *text, u32 size) {
    ASK(DeviceGetUUID, gpu);
    snprintf(text, size, "GPU-stand-in-%d", (int)(intptr_t)gpu - 1);
    return 0;
}
int nvmlDeviceGetCudaComputeCapability(gpu_t gpu, int *major, int *minor) {
    ASK(DeviceGetCudaComputeCapability, gpu);
    *major = 8;
    *minor = 9;
    return 0;
}
struct memory { u64 total, free, used; };
int nvmlDeviceGetMemoryInfo(gpu_t gpu, struct memory *memory) {
    ASK(DeviceGetMemoryInfo, gpu);
    memory->total = V(total);
    memory->free = V(free);
    memory->used = V(used) + V(reserved);
    return 0;
}
struct memory_v2 { u32 version; u64 total, reserved, free, used; };
int nvmlDeviceGetMemoryInfo_v2(gpu_t gpu, struct memory_v2 *memory) {
    ASK(DeviceGetMemoryInfo_v2, gpu);
    if (memory->version != 0x02000028) return 25;
    memory->total = V(total);
    memory->reserved = V(reserved);
    memory->free = V(free);
    memory->used = V(used);
    return 0;
}
struct process { u32 pid; u64 bytes; u32 gpu_instance, compute_instance; };
static int list(u32 *count, struct process *into) {
    u32 room = *count, present = (u32)V(processes);
    if (V(process_count)) { /* a lie: more than was written */
        *count = (u32)V(process_count);
        return 0;
    }
    *count = present;
    if (present > room) return INSUFFICIENT_SIZE;
    for (u32 i = 0; i < present; i++) {
        into[i].pid = (u32)V(process_pid) + i;
        into[i].bytes = (u64)V(process_bytes);
        into[i].gpu_instance = into[i].compute_instance = 0xFFFFFFFF;
    }
    return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(gpu_t gpu, u32 *count, struct process *into) {
    ASK(DeviceGetComputeRunningProcesses_v3, gpu);
    return list(count, into);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(gpu_t gpu, u32 *count, struct process *into) {
    (void)into;
    ASK(DeviceGetGraphicsRunningProcesses_v3, gpu);
    *count = 0;
    return 0;
}
int nvmlSystemGetProcessName(u32 pid, char *text, u32 size) {
    ASK(SystemGetProcessName, NULL);
    if (pid < 4000000000u) return NOT_FOUND;
    snprintf(text, size, "/opt/elsewhere/game");
    return 0;
}
struct utilization { u32 gpu, memory; };
int nvmlDeviceGetUtilizationRates(gpu_t gpu, struct utilization *rates) {
    ASK(DeviceGetUtilizationRates, gpu);
    rates->gpu = (u32)V(busy);
    rates->memory = (u32)V(memory_busy);
    return 0;
}
#define NUMBER(name, type, value) \
    int nvml##name(gpu_t gpu, type *answer) { ASK(name, gpu); *answer = (type)(value); return 0; }
NUMBER(DeviceGetPowerUsage, u32, V(power))
NUMBER(DeviceGetEnforcedPowerLimit, u32, V(power_limit))
NUMBER(DeviceGetTotalEnergyConsumption, u64, V(energy))
NUMBER(DeviceGetCurrentClocksEventReasons, u64, V(reasons))
NUMBER(DeviceGetCurrPcieLinkGeneration, u32, 3)
NUMBER(DeviceGetMaxPcieLinkGeneration, u32, 4)
NUMBER(DeviceGetCurrPcieLinkWidth, u32, 8)
NUMBER(DeviceGetMaxPcieLinkWidth, u32, 16)
NUMBER(DeviceGetFanSpeed, u32, 41)
NUMBER(DeviceGetMaxMigDeviceCount, u32, 7)
#define CHOSEN(name, type, value) \
    int nvml##name(gpu_t gpu, u32 which, type *answer) { \
        ASK(name, gpu); *answer = (type)(value); return 0; }
CHOSEN(DeviceGetTemperature, u32, V(temperature))
CHOSEN(DeviceGetTemperatureThreshold, u32, which == 0 ? 98 : which == 1 ? 95 : 87)
CHOSEN(DeviceGetClockInfo, u32, which == 2 ? 10501 : V(sm_clock))
CHOSEN(DeviceGetMaxClockInfo, u32, which == 2 ? 10501 : 3105)
CHOSEN(DeviceGetPcieThroughput, u32, which == 0 ? 1000 : 2000)
CHOSEN(DeviceGetNvLinkVersion, u32, which < 18 ? 4 : 0)
int nvmlDeviceGetNvLinkState(gpu_t gpu, u32 link, u32 *up) {
    ASK(DeviceGetNvLinkState, gpu);
    if (!V(nvlinks)) return NOT_SUPPORTED;
    *up = link < V(nvlinks);
    return 0;
}
struct temperature { u32 version, sensor; int degrees; };
int nvmlDeviceGetTemperatureV(gpu_t gpu, struct temperature *answer) {
    ASK(DeviceGetTemperatureV, gpu);
    answer->degrees = (int)V(temperature);
    return 0;
}
int nvmlDeviceGetEccMode(gpu_t gpu, u32 *now, u32 *later) {
    ASK(DeviceGetEccMode, gpu);
    *now = *later = 1;
    return 0;
}
int nvmlDeviceGetTotalEccErrors(gpu_t gpu, u32 kind, u32 counter, u64 *count) {
    (void)counter;
    ASK(DeviceGetTotalEccErrors, gpu);
    *count = kind ? 0 : 3;
    return 0;
}
int nvmlDeviceGetMigMode(gpu_t gpu, u32 *now, u32 *later) {
    ASK(DeviceGetMigMode, gpu);
    *now = *later = (u32)V(mig_mode);
    return 0;
}
int nvmlDeviceGetMigDeviceHandleByIndex(gpu_t gpu, u32 index, gpu_t *handle) {
    ASK(DeviceGetMigDeviceHandleByIndex, gpu);
    if (index >= 2) return NOT_FOUND;
    *handle = gpu;
    return 0;
}
struct field { u32 id, scope; int64_t when, latency; u32 type; int code; u64 value; };
int nvmlDeviceGetFieldValues(gpu_t gpu, int count, struct field *fields) {
    ASK(DeviceGetFieldValues, gpu);
    for (int i = 0; i < count; i++) {
        fields[i].code = 0;
        fields[i].type = 3;
        fields[i].value = 0;
        if (fields[i].id == 82) {
            fields[i].type = 1;
            fields[i].value = 70;
        } else if ((fields[i].id == 138 || fields[i].id == 139) && V(nvlinks)) {
            fields[i].value = (u64)V(nvlink_kib) * (fields[i].id == 138 ? 1 : 2);
        } else {
            fields[i].code = NOT_SUPPORTED;
        }
    }
    return 0;
}
