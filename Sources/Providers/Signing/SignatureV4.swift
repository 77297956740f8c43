import VaultCrypto

/// AWS Signature Version 4 over the headers of a request.
package struct SignatureV4: Sendable, Equatable {
    static let algorithm = "AWS4-HMAC-SHA256"

    package let stringToSign: String
    /// The value of the `Authorization` header.
    package let authorization: String
    /// 64 hexadecimal digits.
    package let signature: String

    /// Signs.
    ///
    /// - Parameters:
    ///   - request: What is signed; its headers have `host` and `x-amz-date` among them.
    ///   - scope: The service and the region that the request is for.
    ///   - credentials: The key pair.
    ///   - time: The moment that `x-amz-date` says.
    package init(
        of request: CanonicalRequest, for scope: SigningScope,
        with credentials: borrowing AWSCredentials, at time: SigningTime
    ) {
        let area = "\(time.day)/\(scope.region)/\(scope.service)/aws4_request"
        stringToSign = [Self.algorithm, time.stamp, area, request.digest].joined(separator: "\n")
        // The day's key serves one region and one service: whoever gets it signs nothing else.
        let day = Self.key(from: credentials.seed, time.day)
        let region = Self.key(from: day, scope.region)
        let service = Self.key(from: region, scope.service)
        let key = Self.key(from: service, "aws4_request")
        var code = HMACSHA256(key: key)
        code.update(Array(stringToSign.utf8))
        signature = Hex.text(code.finalize())
        authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(area), "
            + "SignedHeaders=\(request.signedHeaders), Signature=\(signature)"
    }

    private static func key(from secret: borrowing SecretBytes, _ text: String) -> SecretBytes {
        var code = HMACSHA256(key: secret)
        code.update(Array(text.utf8))
        return unsafe SecretBytes(count: HMACSHA256.tagSizeBytes) { room in
            unsafe code.finalize(into: room)
        }
    }
}

/// What a signature is good for.
package struct SigningScope: Sendable, Equatable {
    /// `bedrock`, `bedrock-mantle` or `sts`.
    package var service: String
    package var region: String

    package init(service: String, region: String) {
        self.service = service
        self.region = region
    }
}

extension WireRequest {
    /// Adds the headers of a signature; all headers that are there are signed.
    package mutating func sign(
        for scope: SigningScope, with credentials: borrowing AWSCredentials, at time: SigningTime
    ) {
        headers["authorization"] = nil
        headers["x-amz-date"] = time.stamp
        headers["x-amz-security-token"] = credentials.sessionToken
        let canonical = CanonicalRequest(
            method: method.rawValue, path: path, query: query,
            headers: headers.all + [WireHeader("host", origin.authority)],
            payloadHash: Hex.text(SHA256Digest.hash(body)))
        headers["authorization"] =
            SignatureV4(of: canonical, for: scope, with: credentials, at: time).authorization
    }
}
