// Which certificate files a connection to MongoDB uses: many names, as in the incumbent, but given file names are
// honoured and half of a set is refused instead of going on without TLS.
// Thread-safety: free function without state.
#pragma once

#include "config/datastore_yaml.h"
#include "config/draft.h"
#include "config/load.h"

namespace exporter::config {

// Where the incumbent's chart mounts the Secret with the client certificate.
inline constexpr std::string_view kDefaultCertificates = "/etc/ssl/mongo-client";

// `yaml`: whether `values` came from YAML, which in the incumbent takes nothing from the variables nor from the default
// directory. The files need not be there yet: every connection reads them anew. Only when the authority is there and
// the client certificate is not, the certificate is left out, as in the incumbent.
void apply_mongodb_tls(const Environment& environment, const Files& files, const DatastoreValues& values, bool yaml,
                       Draft& draft);

}  // namespace exporter::config
