#include "transform/event_id.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace exporter::transform {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

constexpr std::size_t kRandomIds = 64;  // drawn at once: one call of the generator for that many ids

// The version and variant bits (RFC 4122 section 4.1).
event::EventId stamped(event::EventId id, unsigned version) {
  id[6] = static_cast<std::uint8_t>((id[6] & 0x0fU) | (version << 4U));
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3fU) | 0x80U);
  return id;
}

}  // namespace

struct EventIds::Impl {
  std::unique_ptr<EVP_MD, FreeDigest> sha1;  // fetched once: a lookup by name for each id costs more than the hash
  Context prefix;                            // has taken in the namespace and the name prefix
  Context work;
  std::array<event::EventId, kRandomIds> drawn{};
  std::size_t used = kRandomIds;
};

EventIds::EventIds(Mode mode, std::string_view name_prefix) : mode_(mode), impl_(std::make_unique<Impl>()) {
  if (mode == Mode::random) {
    return;
  }
  impl_->sha1.reset(EVP_MD_fetch(nullptr, "SHA1", nullptr));
  impl_->prefix.reset(EVP_MD_CTX_new());
  impl_->work.reset(EVP_MD_CTX_new());
  EXPORTER_CHECK(impl_->sha1 && impl_->prefix && impl_->work, "OpenSSL has SHA-1");
  EVP_MD_CTX* const context = impl_->prefix.get();
  const bool taken = EVP_DigestInit_ex2(context, impl_->sha1.get(), nullptr) == 1 &&
                     EVP_DigestUpdate(context, kIdNamespace.data(), kIdNamespace.size()) == 1 &&
                     EVP_DigestUpdate(context, name_prefix.data(), name_prefix.size()) == 1;
  EXPORTER_CHECK(taken, "SHA-1 takes the name prefix");
}

EventIds::~EventIds() = default;

event::EventId EventIds::make(std::string_view document_id) {
  return mode_ == Mode::stable ? make_stable(document_id) : make_random();
}

event::EventId EventIds::make_stable(std::string_view document_id) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
  EVP_MD_CTX* const context = impl_->work.get();
  const bool hashed = EVP_MD_CTX_copy_ex(context, impl_->prefix.get()) == 1 &&
                      EVP_DigestUpdate(context, document_id.data(), document_id.size()) == 1 &&
                      EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1;
  EXPORTER_CHECK(hashed, "SHA-1 of a document id");
  event::EventId id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return stamped(id, 5);
}

event::EventId EventIds::make_random() {
  if (impl_->used == kRandomIds) {
    auto* const bytes = reinterpret_cast<unsigned char*>(impl_->drawn.data());
    EXPORTER_CHECK(RAND_bytes(bytes, sizeof impl_->drawn) == 1, "OpenSSL has random bytes");
    impl_->used = 0;
  }
  return stamped(impl_->drawn[impl_->used++], 4);
}

}  // namespace exporter::transform
