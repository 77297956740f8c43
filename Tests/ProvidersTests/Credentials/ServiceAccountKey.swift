/// A key of a service account that was made for these tests and is known nowhere.
enum ServiceAccountKey {
    static let pem = """
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
}
