import Testing
import VaultCrypto

/// RS256 with a key that was made for this test; the expected signature is of OpenSSL, and there is
/// only one.
@Suite struct RSASignerTests {
    private static let message = Array("a statement".utf8)

    /// nil where the key is refused.
    private static func signature(with pem: String) -> [UInt8]? {
        guard let signer = RSASigner(pem: Array(pem.utf8)) else { return nil }
        return signer.signature(of: message)
    }

    @Test func `Both forms of a key give the one signature that OpenSSL gives`() throws {
        for pem in [Self.plain, Self.wrapped] {
            let signature = try #require(Self.signature(with: pem))
            #expect(Base64.string(signature) == Self.signature)
        }
    }

    @Test func `A key with text and other line ends around it is read`() {
        let pem = "Bag attributes\n" + Self.wrapped.replacing("\n", with: "\r\n") + "\n\n"
        #expect(Self.signature(with: pem) != nil)
    }

    @Test func `Short keys, keys of other kinds and broken keys are refused`() {
        let cut = Self.plain.replacing("q", with: "r")
        let texts = [
            "", "-----BEGIN PRIVATE KEY-----", Self.small, Self.elliptic, cut,
            Self.wrapped.replacing("BEGIN", with: "START"),
            Self.plain.replacing("RSA PRIVATE", with: "PRIVATE"),
            Self.wrapped.replacing(" PRIVATE", with: " RSA PRIVATE"),
            String(Self.plain.prefix(900)) + "\n-----END RSA PRIVATE KEY-----",
        ]
        for text in texts {
            #expect(Self.signature(with: text) == nil, "\(text.prefix(60))")
        }
    }

    @Test func `No byte of a key can be changed without notice`() throws {
        let body = Self.plain.split(separator: "\n").dropFirst().dropLast().joined()
        let der = try #require(Base64.decode(body.utf8))
        for place in stride(from: 12, to: der.count, by: 37) {
            var changed = der
            changed[place] ^= 0x10
            let pem =
                "-----BEGIN RSA PRIVATE KEY-----\n" + Base64.string(changed)
                + "\n-----END RSA PRIVATE KEY-----\n"
            guard let signature = Self.signature(with: pem) else { continue }
            // What is left is a part that signing does not use, such as the private exponent.
            #expect(Base64.string(signature) == Self.signature, "byte \(place)")
        }
    }

    @Test func `SHA-1 gives the digest of its standard`() {
        // RFC 3174, appendix A.
        #expect(
            Hex.text(SHA1Digest.hash(utf8: "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    }

    static let signature = """
        WxaY6x2ZzMrw3glyA+QY933DLUnFVFuEJTuLaZkFDnKe+K6njz4K12YzWER5XL/VHbm6i6d4rHy9m0yx\
        1gKRcPCIngaNTXimIkyO0xh3uER9uQduw8qAM0Ui/FF85FBclmXGBYqS245LqcCFiWj2RRtalK6r3zim\
        HR168ljCpYDlItym335FnRirGOv9P0F6DX2RGW5PPeqkDWLWEqe2QF9ZPqrbxIS+FXyWAR0Uy2yaDeFw\
        zhrOCuMwsqE1+gm+30NJ6xvU+54iktMogK3fy9ba8jJ/iSe6/e04Z77RdnY+eNGfp6r1wCiP3dx4Sbzi\
        nzr14K4/utm2LDmfIkKDVQ==
        """

    static let plain = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEA3Q1RRnBH1zsdPvfukEd8ifsWJUfpj6kmMCQJg15/eZYpWE0m
        w062DBUdXAUpgS3VU1dUpGkwUZDeMH7LeR4+V7VfAxiqwHbErFash/dkyLSZ/H3h
        t/TLiHgdwgQUkuom8JwhvJayvbWRvvaAk6qr30yC15lwAEfi7crs/OW9h7rquN44
        Yd4YUAI8VXNSOcTdL8GSoly+WBuJAodttpCltXUqAhhR8h9IV0zB9B3z2ivj8a8z
        sz/kyhZt2BI0G3V1Akq7AZBIy34bcszrmjcQdstWkRhma3M38uKjbWRnGVnNhqGa
        n5AJVvQY7zkVX/qCY0w++q8glQO34Al32AUCIwIDAQABAoIBABpyMMUSmHsMMXrf
        wq+Jk0FsGWwrEasEUPNK0cXhFQiA30AXNYoBmA9oqfM2aDlyOFFuOKGANthV/UnO
        rEfjRxDLPCtsqhEN+d2nHkvDXKVpJfsVPF9RGYChjj3bVcggh2QbPytcLtTk13kB
        7hlnPoTKlzogEKGX+B2m53oiKkNbRRyUhiWT1I5p32USjuwJ3Q0I/ZXf7xqyBLDO
        4ejlz6k/l0l85ZidnDSWqvJtCywHsqeF83LJbWrZL4+IvbXdYe1qWiZuBWlkdXox
        ncsfuP2ttfy1Dgcn3ouz8FJtOdgr0f55I491PBrPXIk5slN8ysNeSkuxN5fnURL4
        fwGRULECgYEA+/alnS7giPJpBPQVtWu2hV7s9r3Ymy6dpBPHpgBC/Mxzmq3g4nzz
        0CYjOm6GJbMEBE9DwbGIGcuGEUDOofL74htnJ9MdvApop+untSbIWOOAr23lbxxT
        51DBbj3mtPcgJuPVFLognJ2SR+kaTKUfO50fjyLyP+5EW16NgEdoLp8CgYEA4Jfl
        f5hyUCWOfdSfafW2G7AoN4p7fFeUP0KFng66vK7038QMdDgCUzm1uR1UflelSyqY
        XLdmKRrzMQ4wLfedvEEwxj4iwfi5Xu/aDVpJKl8dhPMrTUgCBsrW9c9tRleWMr1W
        2a3cOs+wVEJGuBra/D06BOh+D1kkBd1EcMhNsf0CgYB+RKXMdrCJkMn2dIfoihlH
        D0I7iPpjEmJn1o3H7/uiCqeojZjUh//7gRFIeBj8DZFmw35WNCzbmHYQcWTcHhQC
        xO7WM2OEV8cI1/0MuGnQufpEcBN5sj2N/5dgMt9KM0pGkwi2wWwUcJbdOME4Rcu4
        KU6mgcHbLgHNtD2/WomoSwKBgQC6C/oX7Z/cVpAoGkcIDnwRiaZ3A+dxRFdQ4/kt
        yoPUI5ZD+vJaH7+FU8v+kZZZpp8NmjZmr6IYMPP90gQFQBbRSKtvvS8rwa9FPqlB
        4GW1jN82L/3R4fGT0Nmq/G5IE+wfEgts/QHvUfZ+hfxxLAX1Z361bCZo7m3R0c6N
        ItCBvQKBgD4H6YqoQeMw5BAASHkxwojXzDOUH1oh0UGYvj+fNDt2CFi6tKVC8XNJ
        ZmwhZmTF5ShpZer7g0KXdjVN3E4X5ucHOEelNzzBFz7Fjd59Wr2TCGfn2esihO7X
        qkluMy9sOlluysoO5O/eXFEyxmYLRotENvJBSws6uZyzwB8EYVOu
        -----END RSA PRIVATE KEY-----
        """

    static let wrapped = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDdDVFGcEfXOx0+
        9+6QR3yJ+xYlR+mPqSYwJAmDXn95lilYTSbDTrYMFR1cBSmBLdVTV1SkaTBRkN4w
        fst5Hj5XtV8DGKrAdsSsVqyH92TItJn8feG39MuIeB3CBBSS6ibwnCG8lrK9tZG+
        9oCTqqvfTILXmXAAR+Ltyuz85b2Huuq43jhh3hhQAjxVc1I5xN0vwZKiXL5YG4kC
        h222kKW1dSoCGFHyH0hXTMH0HfPaK+PxrzOzP+TKFm3YEjQbdXUCSrsBkEjLfhty
        zOuaNxB2y1aRGGZrczfy4qNtZGcZWc2GoZqfkAlW9BjvORVf+oJjTD76ryCVA7fg
        CXfYBQIjAgMBAAECggEAGnIwxRKYewwxet/Cr4mTQWwZbCsRqwRQ80rRxeEVCIDf
        QBc1igGYD2ip8zZoOXI4UW44oYA22FX9Sc6sR+NHEMs8K2yqEQ353aceS8NcpWkl
        +xU8X1EZgKGOPdtVyCCHZBs/K1wu1OTXeQHuGWc+hMqXOiAQoZf4HabneiIqQ1tF
        HJSGJZPUjmnfZRKO7AndDQj9ld/vGrIEsM7h6OXPqT+XSXzlmJ2cNJaq8m0LLAey
        p4Xzcsltatkvj4i9td1h7WpaJm4FaWR1ejGdyx+4/a21/LUOByfei7PwUm052CvR
        /nkjj3U8Gs9ciTmyU3zKw15KS7E3l+dREvh/AZFQsQKBgQD79qWdLuCI8mkE9BW1
        a7aFXuz2vdibLp2kE8emAEL8zHOareDifPPQJiM6boYlswQET0PBsYgZy4YRQM6h
        8vviG2cn0x28Cmin66e1JshY44CvbeVvHFPnUMFuPea09yAm49UUuiCcnZJH6RpM
        pR87nR+PIvI/7kRbXo2AR2gunwKBgQDgl+V/mHJQJY591J9p9bYbsCg3int8V5Q/
        QoWeDrq8rvTfxAx0OAJTObW5HVR+V6VLKphct2YpGvMxDjAt9528QTDGPiLB+Lle
        79oNWkkqXx2E8ytNSAIGytb1z21GV5YyvVbZrdw6z7BUQka4Gtr8PToE6H4PWSQF
        3URwyE2x/QKBgH5Epcx2sImQyfZ0h+iKGUcPQjuI+mMSYmfWjcfv+6IKp6iNmNSH
        //uBEUh4GPwNkWbDflY0LNuYdhBxZNweFALE7tYzY4RXxwjX/Qy4adC5+kRwE3my
        PY3/l2Ay30ozSkaTCLbBbBRwlt04wThFy7gpTqaBwdsuAc20Pb9aiahLAoGBALoL
        +hftn9xWkCgaRwgOfBGJpncD53FEV1Dj+S3Kg9QjlkP68lofv4VTy/6Rllmmnw2a
        Nmavohgw8/3SBAVAFtFIq2+9LyvBr0U+qUHgZbWM3zYv/dHh8ZPQ2ar8bkgT7B8S
        C2z9Ae9R9n6F/HEsBfVnfrVsJmjubdHRzo0i0IG9AoGAPgfpiqhB4zDkEABIeTHC
        iNfMM5QfWiHRQZi+P580O3YIWLq0pULxc0lmbCFmZMXlKGll6vuDQpd2NU3cThfm
        5wc4R6U3PMEXPsWN3n1avZMIZ+fZ6yKE7teqSW4zL2w6WW7Kyg7k795cUTLGZgtG
        i0Q28kFLCzq5nLPAHwRhU64=
        -----END PRIVATE KEY-----
        """

    private static let small = """
        -----BEGIN RSA PRIVATE KEY-----
        MIICXQIBAAKBgQDf/c4zvAjNxWlimU/lK8ovubu4HKf+SLiBZrpFyTM6mdGAsRye
        unPT+44ixDcGTl1KrMPor1uE4fHfDf5/Spm9ADetA9555PIDlFrj2uE9YzthHghy
        UATMJmcvsa1vIF8RsA2nx0HLZOu6HH/AOJx1emBxbGHOIuN77m/t+ab5UwIDAQAB
        AoGBAIFk2hCyyBcuumFWFXxa3pLRZarHCxjvI37FPEgCIdDxeMAyEEl1hmHoCMT2
        up6u+F+iDA5H9sN9zr6/E8yu6L3cM1Xqshpfz6Z+hPdJgxs91tx5rV+KmkFEmxGc
        Sx+J1rtfI+FbCLrpomWvFsq7FQYCvEi9EOr+zLvGT2rKar6pAkEA9j4vv674JCCP
        jed4tUQ4B2UB+BmB63/HRgcQgPDD0EunQJaZurr9XnE/Ee1L62BUrvynkt966NMC
        ZB0IYSLMdQJBAOjd6BdVYwAhRpjudcDPgdbq2ffg/NkqEK8Jw4QzidB/I4DsM7am
        QvvmkyF6caNq2H2jnHRVJfGuAO1s5w62FacCQHHaov1AC1+45mc4ZWl6l2Vj4Js0
        QAwBUsQgNBNKP1+p+zUz7PSXzNrEBeNmErpMGhummlyglBXeqrZbbipripkCQH7Z
        grhTNx63AbIFE/f4EY51WE8DLDlQBM6UzwCQ4p3E5B4yjOkOIKb/r14pSQXwCgZG
        vc9RIt5IHxE2pZcJ8TkCQQDkniOWjR7/TIMvJnagLvTOdDCyH1MYner8nNQbVfLO
        eKAyxxsNixeFqwLxLN2Kbsm1h9TqYBovbGln0s0DOil3
        -----END RSA PRIVATE KEY-----
        """

    private static let elliptic = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFZHxqQw+12s6XRYU
        1DftsVtA5WRuz5cTOtXzq5JCe2ahRANCAATE0VSIdMrh0kC7w9tDkNIFqxubVhJV
        xnTIoExNxoBaCyp3yaeNGT561c5YWCWynPVMuev79yFy5xDitMZdufXc
        -----END PRIVATE KEY-----
        """
}
