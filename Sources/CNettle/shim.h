#ifndef COFFER_CNETTLE_SHIM_H
#define COFFER_CNETTLE_SHIM_H
#include <nettle/rsa.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

// Swift has no value of the type mpz_t, which is an array. Overwrites and frees a number.
static inline void coffer_mpz_wipe(mpz_t number) {
    size_t count = mpz_size(number);
    if (count > 0) {
        mp_limb_t *limbs = mpz_limbs_modify(number, (mp_size_t)count);
        explicit_bzero(limbs, count * sizeof *limbs);
    }
    mpz_clear(number);
}

// Signs a SHA-256 digest with the key of a PKCS #1 RSAPrivateKey of 2,048 to 8,192 bits, and checks
// the signature. Returns its length, or 0 where the key is no valid one or the room is too small.
static inline size_t coffer_rsa_sha256_sign(const uint8_t *der, size_t der_size,
                                            const uint8_t *digest, uint8_t *signature,
                                            size_t room, nettle_random_func *random) {
    struct rsa_public_key public_key;
    struct rsa_private_key key;
    mpz_t number;
    size_t size = 0;
    rsa_public_key_init(&public_key);
    rsa_private_key_init(&key);
    mpz_init(number);
    if (rsa_keypair_from_der(&public_key, &key, 8192, der_size, der) &&
        rsa_public_key_prepare(&public_key) && rsa_private_key_prepare(&key) &&
        public_key.size == key.size && key.size >= 256 && key.size <= room &&
        rsa_sha256_sign_digest_tr(&public_key, &key, NULL, random, digest, number) &&
        rsa_sha256_verify_digest(&public_key, digest, number)) {
        size = key.size;
        nettle_mpz_get_str_256(size, signature, number);
    }
    coffer_mpz_wipe(key.d);
    coffer_mpz_wipe(key.p);
    coffer_mpz_wipe(key.q);
    coffer_mpz_wipe(key.a);
    coffer_mpz_wipe(key.b);
    coffer_mpz_wipe(key.c);
    mpz_clear(number);
    rsa_public_key_clear(&public_key);
    return size;
}
#endif
