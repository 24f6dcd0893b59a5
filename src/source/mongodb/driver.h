// Starting libmongoc, once a process, with its messages in our log. Thread-safe.
#pragma once

namespace exporter::mongodb {

// Before any use of the driver.
void init_driver();

}  // namespace exporter::mongodb
