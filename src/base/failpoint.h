// Named places at which a test ends the process as `kill -9` does: where something is done and its consequence is not yet.
//
//   EXPORTER_FAILPOINT("store.saved");
//
// The environment says where: EXPORTER_FAILPOINT=store.saved:3 ends the process when that place is reached for the third
// time (without a number: the first). Only in modules that are built with EXPORTER_FAILPOINTS
// (an option of CMake, on in the presets that run tests); in what is shipped the macro is nothing, the variable unread. An unknown name ends the process at the first
// place with exit code 70, so that a test cannot wait for a place that is gone.
// Thread-safety: any thread.
#pragma once

#include <string_view>

namespace exporter {

// Every place, in the order in which a first run comes by; tests/integration/failpoint_test.py kills at each.
inline constexpr std::string_view kFailpoints[] = {
    "lease.taken",           // the lease is ours, nobody works under it yet
    "start.first_saved",     // the first position is saved, nothing was read
    "reader.batch_queued",   // events were read and handed over
    "loop.before_send",      // an event is about to be sent
    "loop.answered",         // an answer has come, nothing knows of it
    "store.before_save",     // progress is about to be saved
    "store.saved",           // it is saved, the loop does not know
    "store.before_letter",   // a dead letter is about to be stored
    "store.letter_stored",   // it is stored, the position is not moved past it
    "loop.history_settled",  // the last event of the backfill is settled
    "loop.stopping",         // SIGTERM was heard, the drain begins
    "lease.before_release",  // all is saved, the lease is still ours
};

namespace failpoint {
// `name` is one of kFailpoints.
void reached(std::string_view name);
}  // namespace failpoint

}  // namespace exporter

#ifdef EXPORTER_FAILPOINTS
#define EXPORTER_FAILPOINT(name) ::exporter::failpoint::reached(name)
#else
#define EXPORTER_FAILPOINT(name) static_cast<void>(0)
#endif
