# Cryptography is built for speed (a handshake takes 5.2 instead of 8.2 ms), the rest for size.
cmake_language(DEFER CALL target_compile_options mbedcrypto PRIVATE -O2)
