# Build options, warnings and sanitizers. Presets (CMakePresets.json) set the options; nobody needs to by hand.
option(EXPORTER_TESTS "Build the tests" ON)
option(EXPORTER_BENCH "Build the benchmarks" OFF)
option(EXPORTER_FUZZ "Build the fuzz targets (clang only)" OFF)
option(EXPORTER_WERROR "Warnings are errors" ON)
option(EXPORTER_FAILPOINTS "Places at which tests kill the program (base/failpoint.h); never in what is shipped" OFF)
set(EXPORTER_SANITIZE "" CACHE STRING "Sanitizers, as given to -fsanitize=")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
                    -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # The annotations of base/mutex.h are checked by clang only.
  add_compile_options(-Wthread-safety)
endif()
if(EXPORTER_WERROR)
  add_compile_options(-Werror)
endif()
# Paths in diagnostics and __FILE__ do not depend on where the checkout lies.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(EXPORTER_SANITIZE)
  add_compile_options(-fsanitize=${EXPORTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EXPORTER_SANITIZE})
  if(EXPORTER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences are not modelled by the thread sanitizer, which gcc warns about; its queue is guarded by a mutex.
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(EXPORTER_FUZZ)
  # Coverage feedback for every object; the fuzzer's own main is linked by the targets in fuzz/.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(EXPORTER_MOLD mold)
if(EXPORTER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
