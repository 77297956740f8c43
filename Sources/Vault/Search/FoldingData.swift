// Made by tools/generate-folding; do not edit.

/// What search makes of each scalar, from the Unicode Character Database 14.0.0.
///
/// Numbers are hexadecimal; items end in a blank. `FoldingTable` reads them.
enum FoldingData {
    static let unicodeVersion = "14.0.0"

    /// Class, first scalar, `+` count; `x` and `y`: capital and small letters in turn.
    static let classes: StaticString = """
        p30+a h41+1a l61+1a paa iad pb2+2 lb5 pb9+2 pbc+3 hc0+17 hd8+7 ldf+18 lf8+8 x100+37 \
        l137+2 x139+f l148+2 x14a+2e h178+2 y17a+4 l17e+3 h181+2 y183+3 h186+2 l188 h189+3 \
        l18c+2 h18e+4 l192 h193+2 l195 h196+3 l199+3 h19c+2 l19e h19f+2 y1a1+5 h1a6+2 l1a8 h1a9 \
        l1aa+2 h1ac l1ad h1ae+2 l1b0 h1b1+3 y1b4+3 h1b7+2 l1b9+2 p1bb h1bc l1bd+3 p1c0+4 h1c4+2 \
        l1c6 h1c7+2 l1c9 h1ca+2 y1cc+10 l1dc+2 x1de+11 l1ef+2 h1f1+2 y1f3+3 h1f6+3 y1f9+3a \
        l233+7 h23a+2 l23c h23d+2 l23f+2 h241 l242 h243+4 y247+8 l24f+45 p294 l295+1b p2b0+12 \
        p2c6+c p2e0+5 p2ec p2ee i300+70 x370+4 p374 h376 l377 p37a l37b+3 h37f h386 h388+3 h38c \
        h38e+2 l390 h391+11 h3a3+9 l3ac+23 h3cf l3d0+2 h3d2+3 l3d5+3 x3d8+17 l3ef+5 h3f4 l3f5 \
        h3f7 l3f8 h3f9+2 l3fb+2 h3fd+33 l430+30 x460+22 i483+7 x48a+36 h4c0+2 y4c2+c l4ce+2 \
        x4d0+60 h531+26 p559 l560+29 i591+2d i5bf i5c1+2 i5c4+2 i5c7 p5d0+1b p5ef+4 i610+b i61c \
        p620+20 i640 p641+a i64b+8 p653+3 i656+a p660+a p66e+2 i670 p671+63 p6d5 i6d6+7 i6df+6 \
        p6e5+2 i6e7+2 i6ea+4 p6ee+f p6ff p710+3b p74d+65 p7c0+36 p7fa p7fd p800+2e p840+1c \
        p860+b p870+18 p889+6 p898+4a p8e3+81 p966+a p971+13 p985+8 p98f+2 p993+16 p9aa+7 p9b2 \
        p9b6+4 p9bc+9 p9c7+2 p9cb+4 p9d7 p9dc+2 p9df+5 p9e6+c p9f4+6 p9fc p9fe pa01+3 pa05+6 \
        pa0f+2 pa13+16 pa2a+7 pa32+2 pa35+2 pa38+2 pa3c pa3e+5 pa47+2 pa4b+3 pa51 pa59+4 pa5e \
        pa66+10 pa81+3 pa85+9 pa8f+3 pa93+16 paaa+7 pab2+2 pab5+5 pabc+a pac7+3 pacb+3 pad0 \
        pae0+4 pae6+a paf9+7 pb01+3 pb05+8 pb0f+2 pb13+16 pb2a+7 pb32+2 pb35+5 pb3c+9 pb47+2 \
        pb4b+3 pb55+3 pb5c+2 pb5f+5 pb66+a pb71+7 pb82+2 pb85+6 pb8e+3 pb92+4 pb99+2 pb9c pb9e+2 \
        pba3+2 pba8+3 pbae+c pbbe+5 pbc6+3 pbca+4 pbd0 pbd7 pbe6+d pc00+d pc0e+3 pc12+17 pc2a+10 \
        pc3c+9 pc46+3 pc4a+4 pc55+2 pc58+3 pc5d pc60+4 pc66+a pc78+7 pc80+4 pc85+8 pc8e+3 \
        pc92+17 pcaa+a pcb5+5 pcbc+9 pcc6+3 pcca+4 pcd5+2 pcdd+2 pce0+4 pce6+a pcf1+2 pd00+d \
        pd0e+3 pd12+33 pd46+3 pd4a+5 pd54+10 pd66+13 pd7a+6 pd81+3 pd85+12 pd9a+18 pdb3+9 pdbd \
        pdc0+7 pdca pdcf+6 pdd6 pdd8+8 pde6+a pdf2+2 ce01+3a ce40+f ce50+a ce81+2 ce84 ce86+5 \
        ce8c+18 cea5 cea7+17 cec0+5 cec6 cec8+6 ced0+a cedc+4 pf00 pf18+2 pf20+14 pf35 pf37 pf39 \
        pf3e+a pf49+24 pf71+14 pf86+12 pf99+24 pfc6 c1000+4a c1050+4e h10a0+26 h10c7 h10cd \
        l10d0+2b p10fc l10fd+3 c1100+100 p1200+49 p124a+4 p1250+7 p1258 p125a+4 p1260+29 p128a+4 \
        p1290+21 p12b2+4 p12b8+7 p12c0 p12c2+4 p12c8+f p12d8+39 p1312+4 p1318+43 p135d+3 \
        p1369+14 p1380+10 h13a0+56 l13f8+6 p1401+26c p166f+11 p1681+1a p16a0+4b p16ee+b p1700+16 \
        p171f+16 p1740+14 p1760+d p176e+3 p1772+2 c1780+54 c17d7 c17dc+2 c17e0+a c17f0+a i180b+5 \
        p1810+a p1820+59 p1880+2b p18b0+46 p1900+1f p1920+c p1930+c p1946+28 p1970+5 p1980+2c \
        p19b0+1a p19d0+b p1a00+1c p1a20+3f p1a60+1d p1a7f+b p1a90+a p1aa7 i1ab0+50 p1b00+4d \
        p1b50+a p1b6b+9 p1b80+74 p1c00+38 p1c40+a p1c4d+31 l1c80+9 h1c90+2b h1cbd+3 p1cd0+3 \
        p1cd4+27 l1d00+2c p1d2c+3f l1d6b+d p1d78 l1d79+22 p1d9b+25 i1dc0+40 x1e00+95 l1e95+9 \
        x1e9e+61 l1eff+9 h1f08+8 l1f10+6 h1f18+6 l1f20+8 h1f28+8 l1f30+8 h1f38+8 l1f40+6 h1f48+6 \
        l1f50+8 h1f59 h1f5b h1f5d h1f5f l1f60+8 h1f68+8 l1f70+e l1f80+8 h1f88+8 l1f90+8 h1f98+8 \
        l1fa0+8 h1fa8+8 l1fb0+5 l1fb6+2 h1fb8+5 l1fbe l1fc2+3 l1fc6+2 h1fc8+5 l1fd0+4 l1fd6+2 \
        h1fd8+4 l1fe0+8 h1fe8+5 l1ff2+3 l1ff6+2 h1ff8+5 i200c+4 i202a+5 i2060+5 i2066+4 p2070+2 \
        p2074+6 p207f+b p2090+d i20d0+21 h2102 h2107 l210a h210b+3 l210e+2 h2110+3 l2113 h2115 \
        h2119+5 h2124 h2126 h2128 h212a+4 l212f h2130+4 l2134 p2135+4 l2139 l213c+2 h213e+2 \
        h2145 l2146+4 l214e p2150+33 h2183 l2184 p2185+5 p2460+3c p24ea+16 p2776+1e h2c00+30 \
        l2c30+30 h2c60 l2c61 h2c62+3 l2c65+2 x2c67+6 h2c6d+4 l2c71 h2c72 l2c73+2 h2c75 l2c76+6 \
        p2c7c+2 h2c7e+3 y2c81+62 l2ce3+2 x2ceb+4 p2cef+3 h2cf2 l2cf3 p2cfd l2d00+26 l2d27 l2d2d \
        p2d30+38 p2d6f p2d7f+18 p2da0+7 p2da8+7 p2db0+7 p2db8+7 p2dc0+7 p2dc8+7 p2dd0+7 p2dd8+7 \
        p2de0+20 p2e2f c3005+3 c3021+9 i302a+6 c3031+5 c3038+5 c3041+56 c3099+2 c309d+3 c30a1+5a \
        c30fc+4 c3105+2b c3131+5e p3192+4 c31a0+20 c31f0+10 p3220+a p3248+8 p3251+f p3280+a \
        p32b1+f c3400+19c0 c4e00+5200 pa000+48d pa4d0+2e pa500+10d pa610+1c xa640+2e pa66e+5 \
        pa674+a pa67f xa680+1c pa69c+56 pa717+9 xa722+d la72f+3 xa732+3e pa770 la771+8 xa779+4 \
        ha77d+2 ya77f+9 pa788 xa78b+4 pa78f xa790+3 la793+3 xa796+14 ha7aa+5 la7af ha7b0+5 \
        ya7b5+f ha7c4+4 ya7c8+3 ha7d0 la7d1 la7d3 ya7d5+5 pa7f2+3 ha7f5 la7f6 pa7f7+3 la7fa \
        pa7fb+2d pa82c pa830+6 pa840+34 pa880+46 pa8d0+a pa8e0+18 pa8fb pa8fd+31 pa930+24 \
        ca960+1d pa980+41 pa9cf+b ca9e0+1f paa00+37 paa40+e paa50+a caa60+17 caa7a+6 paa80+43 \
        paadb+3 paae0+10 paaf2+5 pab01+6 pab09+6 pab11+6 pab20+7 pab28+7 lab30+2b pab5c+4 \
        lab60+9 pab69 lab70+50 pabc0+2b pabec+2 pabf0+a cac00+2ba4 cd7b0+17 cd7cb+31 cf900+16e \
        cfa70+6a lfb00+7 lfb13+5 pfb1d+c pfb2a+d pfb38+5 pfb3e pfb40+2 pfb43+2 pfb46+6c \
        pfbd3+16b pfd50+40 pfd92+36 pfdf0+c ife00+10 ife20+10 pfe70+5 pfe76+87 ifeff pff10+a \
        hff21+1a lff41+1a cff66+59 cffc2+6 cffca+6 cffd2+6 cffda+3 p10000+c p1000d+1a p10028+13 \
        p1003c+2 p1003f+f p10050+e p10080+7b p10107+2d p10140+39 p1018a+2 p101fd p10280+1d \
        p102a0+31 p102e0+1c p10300+24 p1032d+1e p10350+2b p10380+1e p103a0+24 p103c8+8 p103d1+5 \
        h10400+28 l10428+28 p10450+4e p104a0+a h104b0+24 l104d8+24 p10500+28 p10530+34 h10570+b \
        h1057c+f h1058c+7 h10594+2 l10597+b l105a3+f l105b3+7 l105bb+2 p10600+137 p10740+16 \
        p10760+8 p10780+6 p10787+2a p107b2+9 p10800+6 p10808 p1080a+2c p10837+2 p1083c p1083f+17 \
        p10858+1f p10879+26 p108a7+9 p108e0+13 p108f4+2 p108fb+21 p10920+1a p10980+38 p109bc+14 \
        p109d2+32 p10a05+2 p10a0c+8 p10a15+3 p10a19+1d p10a38+3 p10a3f+a p10a60+1f p10a80+20 \
        p10ac0+8 p10ac9+1e p10aeb+5 p10b00+36 p10b40+16 p10b58+1b p10b78+1a p10ba9+7 p10c00+49 \
        h10c80+33 l10cc0+33 p10cfa+2e p10d30+a p10e60+1f p10e80+2a p10eab+2 p10eb0+2 p10f00+28 \
        p10f30+25 p10f70+16 p10fb0+1c p10fe0+17 p11000+47 p11052+24 p1107f+3c p110c2 p110d0+19 \
        p110f0+a p11100+35 p11136+a p11144+4 p11150+24 p11176 p11180+45 p111c9+4 p111ce+d p111dc \
        p111e1+14 p11200+12 p11213+25 p1123e p11280+7 p11288 p1128a+4 p1128f+f p1129f+a \
        p112b0+3b p112f0+a p11300+4 p11305+8 p1130f+2 p11313+16 p1132a+7 p11332+2 p11335+5 \
        p1133b+a p11347+2 p1134b+3 p11350 p11357 p1135d+7 p11366+7 p11370+5 p11400+4b p11450+a \
        p1145e+4 p11480+46 p114c7 p114d0+a p11580+36 p115b8+9 p115d8+6 p11600+41 p11644 p11650+a \
        p11680+39 p116c0+a p11700+1b p1171d+f p11730+c p11740+7 p11800+3b h118a0+20 l118c0+20 \
        p118e0+13 p118ff+8 p11909 p1190c+8 p11915+2 p11918+1e p11937+2 p1193b+9 p11950+a \
        p119a0+8 p119aa+2e p119da+8 p119e3+2 p11a00+3f p11a47 p11a50+4a p11a9d p11ab0+49 \
        p11c00+9 p11c0a+2d p11c38+9 p11c50+1d p11c72+1e p11c92+16 p11ca9+e p11d00+7 p11d08+2 \
        p11d0b+2c p11d3a p11d3c+2 p11d3f+9 p11d50+a p11d60+6 p11d67+2 p11d6a+25 p11d90+2 \
        p11d93+6 p11da0+a p11ee0+17 p11fb0 p11fc0+15 p12000+39a p12400+6f p12480+c4 p12f90+61 \
        p13000+42f p14400+247 p16800+239 p16a40+1f p16a60+a p16a70+4f p16ac0+a p16ad0+1e \
        p16af0+5 p16b00+37 p16b40+4 p16b50+a p16b5b+7 p16b63+15 p16b7d+13 h16e40+20 l16e60+20 \
        p16e80+17 p16f00+4b p16f4f+39 p16f8f+11 p16fe0+2 p16fe3+2 p16ff0+2 p17000+17f8 \
        p18800+4d6 p18d00+9 c1aff0+4 c1aff5+7 c1affd+2 c1b000+123 c1b150+3 c1b164+4 p1b170+18c \
        p1bc00+6b p1bc70+d p1bc80+9 p1bc90+a p1bc9d+2 p1cf00+2e p1cf30+17 p1d165+5 p1d16d+6 \
        p1d17b+8 p1d185+7 p1d1aa+4 p1d242+3 p1d2e0+14 p1d360+19 h1d400+1a l1d41a+1a h1d434+1a \
        l1d44e+7 l1d456+12 h1d468+1a l1d482+1a h1d49c h1d49e+2 h1d4a2 h1d4a5+2 h1d4a9+4 h1d4ae+8 \
        l1d4b6+4 l1d4bb l1d4bd+7 l1d4c5+b h1d4d0+1a l1d4ea+1a h1d504+2 h1d507+4 h1d50d+8 \
        h1d516+7 l1d51e+1a h1d538+2 h1d53b+4 h1d540+5 h1d546 h1d54a+7 l1d552+1a h1d56c+1a \
        l1d586+1a h1d5a0+1a l1d5ba+1a h1d5d4+1a l1d5ee+1a h1d608+1a l1d622+1a h1d63c+1a \
        l1d656+1a h1d670+1a l1d68a+1c h1d6a8+19 l1d6c2+19 l1d6dc+6 h1d6e2+19 l1d6fc+19 l1d716+6 \
        h1d71c+19 l1d736+19 l1d750+6 h1d756+19 l1d770+19 l1d78a+6 h1d790+19 l1d7aa+19 l1d7c4+6 \
        h1d7ca l1d7cb p1d7ce+32 p1da00+37 p1da3b+32 p1da75 p1da84 p1da9b+5 p1daa1+f l1df00+a \
        p1df0a l1df0b+14 p1e000+7 p1e008+11 p1e01b+7 p1e023+2 p1e026+5 p1e100+2d p1e130+e \
        p1e140+a p1e14e p1e290+1f p1e2c0+3a p1e7e0+7 p1e7e8+4 p1e7ed+2 p1e7f0+f p1e800+c5 \
        p1e8c7+10 h1e900+22 l1e922+22 p1e944+8 p1e950+a p1ec71+3b p1ecad+3 p1ecb1+4 p1ed01+2d \
        p1ed2f+f p1ee00+4 p1ee05+1b p1ee21+2 p1ee24 p1ee27 p1ee29+a p1ee34+4 p1ee39 p1ee3b \
        p1ee42 p1ee47 p1ee49 p1ee4b p1ee4d+3 p1ee51+2 p1ee54 p1ee57 p1ee59 p1ee5b p1ee5d p1ee5f \
        p1ee61+2 p1ee64 p1ee67+4 p1ee6c+7 p1ee74+4 p1ee79+4 p1ee7e p1ee80+a p1ee8b+11 p1eea1+3 \
        p1eea5+5 p1eeab+11 p1f100+d p1fbf0+a c20000+a6e0 c2a700+1039 c2b740+de c2b820+1682 \
        c2ceb0+1d31 c2f800+21e c30000+134b ie0100+f0 
        """

    /// Scalar, run, target: `+` `*` step 1, `/` `%` step 2; `+` `/` move the target too.
    static let folds: StaticString = """
        aa=61 b2=32 b3=33 b5=3bc b9=31 ba=6f c0*6=61 c7=63 c8*4=65 cc*4=69 d0=64 d1=6e d2*5=6f \
        d8=6f d9*4=75 dd=79 e0*6=61 e7=63 e8*4=65 ec*4=69 f0=64 f1=6e f2*5=6f f8=6f f9*4=75 \
        fd=79 ff=79 100*6=61 106*8=63 10e*4=64 112*a=65 11c*8=67 124*4=68 128*a=69 134=6a 135=6a \
        136=6b 137=6b 138=71 139*6=6c 141=6c 142=6c 143*6=6e 14a=6e 14b=6e 14c*6=6f 154*6=72 \
        15a*8=73 162*6=74 168*c=75 174=77 175=77 176*3=79 179*6=7a 17f=73 180*4=62 184=185 \
        186=254 187=63 188=63 189*4=64 18e=1dd 18f=259 190=25b 191=66 192=66 193=67 194=263 \
        196=269 197=69 198=6b 199=6b 19a=6c 19c=26f 19d=6e 19e=6e 19f=275 1a0=6f 1a1=6f 1a2=1a3 \
        1a4=70 1a5=70 1a6=280 1a7=1a8 1a9=283 1ab*4=74 1af=75 1b0=75 1b1=28a 1b2=76 1b3=79 \
        1b4=79 1b5=7a 1b6=7a 1b7=292 1b8=1b9 1bc=1bd 1cd=61 1ce=61 1cf=69 1d0=69 1d1=6f 1d2=6f \
        1d3*a=75 1de*4=61 1e4*4=67 1e8=6b 1e9=6b 1ea*4=6f 1ee=292 1ef=292 1f0=6a 1f4=67 1f5=67 \
        1f6=195 1f7=1bf 1f8=6e 1f9=6e 1fa=61 1fb=61 1fe=6f 1ff=6f 200*4=61 204*4=65 208*4=69 \
        20c*4=6f 210*4=72 214*4=75 218=73 219=73 21a=74 21b=74 21c=21d 21e=68 21f=68 220=6e \
        221=64 222=223 224=7a 225=7a 226=61 227=61 228=65 229=65 22a*8=6f 232=79 233=79 234=6c \
        235=6e 236=74 237=6a 23a=61 23b=63 23c=63 23d=6c 23e=74 23f=73 240=7a 241=242 243=62 \
        244=289 245=28c 246=65 247=65 248=6a 249=6a 24a=71 24b=71 24c=72 24d=72 24e=79 24f=79 \
        253=62 255=63 256=64 257=64 260=67 266=68 268=69 26b*3=6c 271=6d 272=6e 273=6e 27c*3=72 \
        282=73 288=74 28b=76 290=7a 291=7a 29d=6a 2a0=71 2b0=68 2b1=68 2b2=6a 2b3=72 2b4=279 \
        2b5=27b 2b6=281 2b7=77 2b8=79 2e0=263 2e1=6c 2e2=73 2e3=78 2e4=295 370=371 372=373 \
        374=2b9 376=377 37f=3f3 386=3b1 388=3b5 389=3b7 38a=3b9 38c=3bf 38e=3c5 38f=3c9 390=3b9 \
        391+11=3b1 3a3+7=3c3 3aa=3b9 3ab=3c5 3ac=3b1 3ad=3b5 3ae=3b7 3af=3b9 3b0=3c5 3c2=3c3 \
        3ca=3b9 3cb=3c5 3cc=3bf 3cd=3c5 3ce=3c9 3cf=3d7 3d0=3b2 3d1=3b8 3d2*3=3c5 3d5=3c6 \
        3d6=3c0 3d8/c=3d9 3f0=3ba 3f1=3c1 3f2=3c3 3f4=3b8 3f5=3b5 3f7=3f8 3f9=3c3 3fa=3fb \
        3fd+3=37b 400=435 401=435 402+b=452 40d=438 40e=45e 40f=45f 410+20=430 450=435 451=435 \
        45d=438 460/11=461 48a/1b=48b 4c0=4cf 4c1/7=4c2 4d0/30=4d1 531+26=561 10a0+26=2d00 \
        10c7=2d27 10cd=2d2d 10fc=10dc 1c80=432 1c81=434 1c82=43e 1c83=441 1c84=442 1c85=442 \
        1c86=44a 1c87=463 1c88=a64b 1c90+2b=10d0 1cbd+3=10fd 1d2c=61 1d2e=62 1d30=64 1d31/5=65 \
        1d32=1dd 1d34+7=68 1d3c=6f 1d3d=223 1d3e=70 1d3f=72 1d40=74 1d41=75 1d42=77 1d43=61 \
        1d44=250 1d45=251 1d46=1d02 1d47=62 1d48=64 1d49=65 1d4a=259 1d4b=25b 1d4c=25c 1d4d=67 \
        1d4f=6b 1d50+3=6d 1d53=254 1d54=1d16 1d55=1d17 1d56=70 1d57=74 1d58=75 1d59=1d1d \
        1d5a=26f 1d5b=76 1d5c=1d25 1d5d+3=3b2 1d60=3c6 1d61=3c7 1d62=69 1d63=72 1d64=75 1d65=76 \
        1d66=3b2 1d67=3b3 1d68=3c1 1d69=3c6 1d6a=3c7 1d6c=62 1d6d=64 1d6e=66 1d6f=6d 1d70=6e \
        1d71/3=70 1d72=72 1d74=73 1d76=7a 1d78=43d 1d7d=70 1d80=62 1d81=64 1d82=66 1d83=67 \
        1d84+4=6b 1d88=70 1d89=72 1d8a=73 1d8c=76 1d8d=78 1d8e=7a 1d8f=61 1d91=64 1d92=65 \
        1d96=69 1d99=75 1d9b=252 1d9c=63 1d9d=63 1d9e=64 1d9f=25c 1da0=66 1da1=25f 1da2=261 \
        1da3=265 1da4=69 1da5=269 1da6=26a 1da7=1d7b 1da8=6a 1da9=6c 1daa=6c 1dab=29f 1dac=6d \
        1dad=270 1dae=6e 1daf=6e 1db0=274 1db1=275 1db2=278 1db3=73 1db4=283 1db5=74 1db6=289 \
        1db7=28a 1db8=1d1c 1db9=76 1dba=28c 1dbb*3=7a 1dbe=292 1dbf=3b8 1e00=61 1e01=61 \
        1e02*6=62 1e08=63 1e09=63 1e0a*a=64 1e14*a=65 1e1e=66 1e1f=66 1e20=67 1e21=67 1e22*a=68 \
        1e2c*4=69 1e30*6=6b 1e36*8=6c 1e3e*6=6d 1e44*8=6e 1e4c*8=6f 1e54*4=70 1e58*8=72 \
        1e60*a=73 1e6a*8=74 1e72*a=75 1e7c*4=76 1e80*a=77 1e8a*4=78 1e8e=79 1e8f=79 1e90*6=7a \
        1e96=68 1e97=74 1e98=77 1e99=79 1e9b=73 1ea0*18=61 1eb8*10=65 1ec8*4=69 1ecc*18=6f \
        1ee4*e=75 1ef2*8=79 1efa=1efb 1efc=1efd 1efe=79 1eff=79 1f00*10=3b1 1f10*6=3b5 \
        1f18*6=3b5 1f20*10=3b7 1f30*10=3b9 1f40*6=3bf 1f48*6=3bf 1f50*8=3c5 1f59%4=3c5 \
        1f60*10=3c9 1f70=3b1 1f71=3b1 1f72/3=3b5 1f73/3=3b5 1f78=3bf 1f79=3bf 1f7a=3c5 1f7b=3c5 \
        1f7c=3c9 1f7d=3c9 1f80*10=3b1 1f90*10=3b7 1fa0*10=3c9 1fb0%7=3b1 1fb1*4=3b1 1fb7*6=3b1 \
        1fbe=3b9 1fc2*3=3b7 1fc6=3b7 1fc7=3b7 1fc8=3b5 1fc9=3b5 1fca*3=3b7 1fd0*4=3b9 1fd6*6=3b9 \
        1fe0*4=3c5 1fe4=3c1 1fe5=3c1 1fe6*6=3c5 1fec=3c1 1ff2*3=3c9 1ff6=3c9 1ff7=3c9 1ff8=3bf \
        1ff9=3bf 1ffa*3=3c9 2070=30 2071=69 2074+6=34 207f=6e 2080+a=30 2090=61 2091=65 2092=6f \
        2093=78 2094=259 2095=68 2096+4=6b 209a=70 209b=73 209c=74 2102=63 2107=25b 210a=67 \
        210b*5=68 2110=69 2111=69 2112=6c 2113=6c 2115=6e 2119+3=70 211c=72 211d=72 2124=7a \
        2126=3c9 2128=7a 212a=6b 212b+3=61 212f=65 2130=65 2131=66 2132=214e 2133=6d 2134=6f \
        2135+4=5d0 2139=69 213c=3c0 213d=3b3 213e=3b3 213f=3c0 2145=64 2146=64 2147=65 2148=69 \
        2149=6a 2160=69 2164=76 2169=78 216c=6c 216d=63 216e=64 216f=6d 2170=69 2174=76 2179=78 \
        217c=6c 217d=63 217e=64 217f=6d 2183=2184 2460+9=31 24ea=30 2c00+30=2c30 2c60*3=6c \
        2c63=70 2c64=72 2c65=61 2c66=74 2c67=68 2c68=68 2c69=6b 2c6a=6b 2c6b=7a 2c6c=7a 2c6d=251 \
        2c6e=6d 2c6f=250 2c70=252 2c71=76 2c72=77 2c73=77 2c74=76 2c75=2c76 2c78=65 2c7a=6f \
        2c7c=6a 2c7d=76 2c7e=73 2c7f=7a 2c80/32=2c81 2ceb=2cec 2ced=2cee 2cf2=2cf3 2d6f=2d61 \
        3038=5341 3039=5344 303a=5345 3131=1100 3132=1101 3133=11aa 3134=1102 3135=11ac \
        3136=11ad 3137+3=1103 313a+6=11b0 3140=111a 3141+3=1106 3144=1121 3145+a=1109 \
        314f+15=1161 3164=1160 3165=1114 3166=1115 3167=11c7 3168=11c8 3169=11cc 316a=11ce \
        316b=11d3 316c=11d7 316d=11d9 316e=111c 316f=11dd 3170=11df 3171=111d 3172=111e \
        3173=1120 3174=1122 3175=1123 3176=1127 3177=1129 3178+5=112b 317d=1132 317e=1136 \
        317f=1140 3180=1147 3181=114c 3182=11f1 3183=11f2 3184+3=1157 3187=1184 3188=1185 \
        3189=1188 318a=1191 318b=1192 318c=1194 318d=119e 318e=11a1 a640/17=a641 a680/e=a681 \
        a69c=44a a69d=44c a722/7=a723 a732/7=a733 a740*6=6b a746=a747 a748=6c a749=6c a74a*4=6f \
        a74e=a74f a750*6=70 a756*4=71 a75a=a75b a75c=a75d a75e=76 a75f=76 a760/8=a761 a770=a76f \
        a779=a77a a77b=a77c a77d=1d79 a77e/5=a77f a78b=a78c a78d=265 a78e=6c a790=6e a791=6e \
        a792*3=63 a795=68 a796=62 a797=62 a798=66 a799=66 a79a/3=a79b a7a0=67 a7a1=67 a7a2=6b \
        a7a3=6b a7a4=6e a7a5=6e a7a6=72 a7a7=72 a7a8=73 a7a9=73 a7aa=68 a7ab=25c a7ac=261 \
        a7ad=6c a7ae=26a a7b0=29e a7b1=287 a7b2=6a a7b3=ab53 a7b4=a7b5 a7b6=a7b7 a7b8=75 a7b9=75 \
        a7ba/5=a7bb a7c4=63 a7c5=73 a7c6=7a a7c7=64 a7c8=64 a7c9=73 a7ca=73 a7d0=a7d1 a7d6=a7d7 \
        a7d8=a7d9 a7f2=63 a7f3=66 a7f4=71 a7f5=a7f6 a7f8=68 ab34=65 ab37*3=6c ab3a=6d ab3b=6e \
        ab49=72 ab4e=75 ab52=75 ab56*4=78 ab5a=79 ab5c=a727 ab5d=6c ab5e=6c ab5f=75 ab69=28d \
        f900=8c48 f901=66f4 f902=8eca f903=8cc8 f904=6ed1 f905=4e32 f906=53e5 f907=9f9c \
        f908=9f9c f909=5951 f90a=91d1 f90b=5587 f90c=5948 f90d=61f6 f90e=7669 f90f=7f85 \
        f910=863f f911=87ba f912=88f8 f913=908f f914=6a02 f915=6d1b f916=70d9 f917=73de \
        f918=843d f919=916a f91a=99f1 f91b=4e82 f91c=5375 f91d=6b04 f91e=721b f91f=862d \
        f920=9e1e f921=5d50 f922=6feb f923=85cd f924=8964 f925=62c9 f926=81d8 f927=881f \
        f928=5eca f929=6717 f92a=6d6a f92b=72fc f92c=90ce f92d=4f86 f92e=51b7 f92f=52de \
        f930=64c4 f931=6ad3 f932=7210 f933=76e7 f934=8001 f935=8606 f936=865c f937=8def \
        f938=9732 f939=9b6f f93a=9dfa f93b=788c f93c=797f f93d=7da0 f93e=83c9 f93f=9304 \
        f940=9e7f f941=8ad6 f942=58df f943=5f04 f944=7c60 f945=807e f946=7262 f947=78ca \
        f948=8cc2 f949=96f7 f94a=58d8 f94b=5c62 f94c=6a13 f94d=6dda f94e=6f0f f94f=7d2f \
        f950=7e37 f951=964b f952=52d2 f953=808b f954=51dc f955=51cc f956=7a1c f957=7dbe \
        f958=83f1 f959=9675 f95a=8b80 f95b=62cf f95c=6a02 f95d=8afe f95e=4e39 f95f=5be7 \
        f960=6012 f961=7387 f962=7570 f963=5317 f964=78fb f965=4fbf f966=5fa9 f967=4e0d \
        f968=6ccc f969=6578 f96a=7d22 f96b=53c3 f96c=585e f96d=7701 f96e=8449 f96f=8aaa \
        f970=6bba f971=8fb0 f972=6c88 f973=62fe f974=82e5 f975=63a0 f976=7565 f977=4eae \
        f978=5169 f979=51c9 f97a=6881 f97b=7ce7 f97c=826f f97d=8ad2 f97e=91cf f97f=52f5 \
        f980=5442 f981=5973 f982=5eec f983=65c5 f984=6ffe f985=792a f986=95ad f987=9a6a \
        f988=9e97 f989=9ece f98a=529b f98b=66c6 f98c=6b77 f98d=8f62 f98e=5e74 f98f=6190 \
        f990=6200 f991=649a f992=6f23 f993=7149 f994=7489 f995=79ca f996=7df4 f997=806f \
        f998=8f26 f999=84ee f99a=9023 f99b=934a f99c=5217 f99d=52a3 f99e=54bd f99f=70c8 \
        f9a0=88c2 f9a1=8aaa f9a2=5ec9 f9a3=5ff5 f9a4=637b f9a5=6bae f9a6=7c3e f9a7=7375 \
        f9a8=4ee4 f9a9=56f9 f9aa=5be7 f9ab=5dba f9ac=601c f9ad=73b2 f9ae=7469 f9af=7f9a \
        f9b0=8046 f9b1=9234 f9b2=96f6 f9b3=9748 f9b4=9818 f9b5=4f8b f9b6=79ae f9b7=91b4 \
        f9b8=96b8 f9b9=60e1 f9ba=4e86 f9bb=50da f9bc=5bee f9bd=5c3f f9be=6599 f9bf=6a02 \
        f9c0=71ce f9c1=7642 f9c2=84fc f9c3=907c f9c4=9f8d f9c5=6688 f9c6=962e f9c7=5289 \
        f9c8=677b f9c9=67f3 f9ca=6d41 f9cb=6e9c f9cc=7409 f9cd=7559 f9ce=786b f9cf=7d10 \
        f9d0=985e f9d1=516d f9d2=622e f9d3=9678 f9d4=502b f9d5=5d19 f9d6=6dea f9d7=8f2a \
        f9d8=5f8b f9d9=6144 f9da=6817 f9db=7387 f9dc=9686 f9dd=5229 f9de=540f f9df=5c65 \
        f9e0=6613 f9e1=674e f9e2=68a8 f9e3=6ce5 f9e4=7406 f9e5=75e2 f9e6=7f79 f9e7=88cf \
        f9e8=88e1 f9e9=91cc f9ea=96e2 f9eb=533f f9ec=6eba f9ed=541d f9ee=71d0 f9ef=7498 \
        f9f0=85fa f9f1=96a3 f9f2=9c57 f9f3=9e9f f9f4=6797 f9f5=6dcb f9f6=81e8 f9f7=7acb \
        f9f8=7b20 f9f9=7c92 f9fa=72c0 f9fb=7099 f9fc=8b58 f9fd=4ec0 f9fe=8336 f9ff=523a \
        fa00=5207 fa01=5ea6 fa02=62d3 fa03=7cd6 fa04=5b85 fa05=6d1e fa06=66b4 fa07=8f3b \
        fa08=884c fa09=964d fa0a=898b fa0b=5ed3 fa0c=5140 fa0d=55c0 fa10=585a fa12=6674 \
        fa15=51de fa16=732a fa17=76ca fa18=793c fa19=795e fa1a=7965 fa1b=798f fa1c=9756 \
        fa1d=7cbe fa1e=7fbd fa20=8612 fa22=8af8 fa25=9038 fa26=90fd fa2a=98ef fa2b=98fc \
        fa2c=9928 fa2d=9db4 fa2e=90de fa2f=96b7 fa30=4fae fa31=50e7 fa32=514d fa33=52c9 \
        fa34=52e4 fa35=5351 fa36=559d fa37=5606 fa38=5668 fa39=5840 fa3a=58a8 fa3b=5c64 \
        fa3c=5c6e fa3d=6094 fa3e=6168 fa3f=618e fa40=61f2 fa41=654f fa42=65e2 fa43=6691 \
        fa44=6885 fa45=6d77 fa46=6e1a fa47=6f22 fa48=716e fa49=722b fa4a=7422 fa4b=7891 \
        fa4c=793e fa4d=7949 fa4e=7948 fa4f=7950 fa50=7956 fa51=795d fa52=798d fa53=798e \
        fa54=7a40 fa55=7a81 fa56=7bc0 fa57=7df4 fa58=7e09 fa59=7e41 fa5a=7f72 fa5b=8005 \
        fa5c=81ed fa5d=8279 fa5e=8279 fa5f=8457 fa60=8910 fa61=8996 fa62=8b01 fa63=8b39 \
        fa64=8cd3 fa65=8d08 fa66=8fb6 fa67=9038 fa68=96e3 fa69=97ff fa6a=983b fa6b=6075 \
        fa6c=242ee fa6d=8218 fa70=4e26 fa71=51b5 fa72=5168 fa73=4f80 fa74=5145 fa75=5180 \
        fa76=52c7 fa77=52fa fa78=559d fa79=5555 fa7a=5599 fa7b=55e2 fa7c=585a fa7d=58b3 \
        fa7e=5944 fa7f=5954 fa80=5a62 fa81=5b28 fa82=5ed2 fa83=5ed9 fa84=5f69 fa85=5fad \
        fa86=60d8 fa87=614e fa88=6108 fa89=618e fa8a=6160 fa8b=61f2 fa8c=6234 fa8d=63c4 \
        fa8e=641c fa8f=6452 fa90=6556 fa91=6674 fa92=6717 fa93=671b fa94=6756 fa95=6b79 \
        fa96=6bba fa97=6d41 fa98=6edb fa99=6ecb fa9a=6f22 fa9b=701e fa9c=716e fa9d=77a7 \
        fa9e=7235 fa9f=72af faa0=732a faa1=7471 faa2=7506 faa3=753b faa4=761d faa5=761f \
        faa6=76ca faa7=76db faa8=76f4 faa9=774a faaa=7740 faab=78cc faac=7ab1 faad=7bc0 \
        faae=7c7b faaf=7d5b fab0=7df4 fab1=7f3e fab2=8005 fab3=8352 fab4=83ef fab5=8779 \
        fab6=8941 fab7=8986 fab8=8996 fab9=8abf faba=8af8 fabb=8acb fabc=8b01 fabd=8afe \
        fabe=8aed fabf=8b39 fac0=8b8a fac1=8d08 fac2=8f38 fac3=9072 fac4=9199 fac5=9276 \
        fac6=967c fac7=96e3 fac8=9756 fac9=97db faca=97ff facb=980b facc=983b facd=9b12 \
        face=9f9c facf=2284a fad0=22844 fad1=233d5 fad2=3b9d fad3=4018 fad4=4039 fad5=25249 \
        fad6=25cd0 fad7=27ed3 fad8=9f43 fad9=9f8e fb1d=5d9 fb1f=5f2 fb20=5e2 fb21=5d0 fb22=5d3 \
        fb23=5d4 fb24+3=5db fb27=5e8 fb28=5ea fb2a*4=5e9 fb2e*3=5d0 fb31+6=5d1 fb38+5=5d8 \
        fb3e=5de fb40=5e0 fb41=5e1 fb43=5e3 fb44/4=5e4 fb47+4=5e7 fb4b=5d5 fb4c=5d1 fb4d=5db \
        fb4e=5e4 fb50=671 fb51=671 fb52*4=67b fb56*4=67e fb5a*4=680 fb5e*4=67a fb62*4=67f \
        fb66*4=679 fb6a*4=6a4 fb6e*4=6a6 fb72*4=684 fb76*4=683 fb7a*4=686 fb7e*4=687 fb82=68d \
        fb83=68d fb84=68c fb85=68c fb86=68e fb87=68e fb88=688 fb89=688 fb8a=698 fb8b=698 \
        fb8c=691 fb8d=691 fb8e*4=6a9 fb92*4=6af fb96*4=6b3 fb9a*4=6b1 fb9e=6ba fb9f=6ba \
        fba0*4=6bb fba4=6c0 fba5=6c0 fba6*4=6c1 fbaa*4=6be fbae=6d2 fbaf=6d2 fbb0=6d3 fbb1=6d3 \
        fbd3*4=6ad fbd7=6c7 fbd8=6c7 fbd9=6c6 fbda=6c6 fbdb=6c8 fbdc=6c8 fbde=6cb fbdf=6cb \
        fbe0=6c5 fbe1=6c5 fbe2=6c9 fbe3=6c9 fbe4*4=6d0 fbe8=649 fbe9=649 fbfc*4=6cc fc5b=630 \
        fc5c=631 fc5d=649 fc90=649 fcd9=647 fd3c=627 fd3d=627 fe80=621 fe81=622 fe82=622 \
        fe83=623 fe84=623 fe85=624 fe86=624 fe87=625 fe88=625 fe89*4=626 fe8d=627 fe8e=627 \
        fe8f*4=628 fe93=629 fe94=629 fe95*4=62a fe99*4=62b fe9d*4=62c fea1*4=62d fea5*4=62e \
        fea9=62f feaa=62f feab=630 feac=630 fead=631 feae=631 feaf=632 feb0=632 feb1*4=633 \
        feb5*4=634 feb9*4=635 febd*4=636 fec1*4=637 fec5*4=638 fec9*4=639 fecd*4=63a fed1*4=641 \
        fed5*4=642 fed9*4=643 fedd*4=644 fee1*4=645 fee5*4=646 fee9*4=647 feed=648 feee=648 \
        feef=649 fef0=649 fef1*4=64a ff10+a=30 ff21+1a=61 ff41+1a=61 ff66=30f2 ff67=30a1 \
        ff68=30a3 ff69=30a5 ff6a=30a7 ff6b=30a9 ff6c=30e3 ff6d=30e5 ff6e=30e7 ff6f=30c3 \
        ff70=30fc ff71=30a2 ff72=30a4 ff73=30a6 ff74=30a8 ff75=30aa ff76=30ab ff77=30ad \
        ff78=30af ff79=30b1 ff7a=30b3 ff7b=30b5 ff7c=30b7 ff7d=30b9 ff7e=30bb ff7f=30bd \
        ff80=30bf ff81=30c1 ff82=30c4 ff83=30c6 ff84=30c8 ff85+6=30ca ff8b=30d2 ff8c=30d5 \
        ff8d=30d8 ff8e=30db ff8f+5=30de ff94=30e4 ff95=30e6 ff96+6=30e8 ff9c=30ef ff9d=30f3 \
        ff9e=3099 ff9f=309a ffa0=1160 ffa1=1100 ffa2=1101 ffa3=11aa ffa4=1102 ffa5=11ac \
        ffa6=11ad ffa7+3=1103 ffaa+6=11b0 ffb0=111a ffb1+3=1106 ffb4=1121 ffb5+a=1109 \
        ffc2+6=1161 ffca+6=1167 ffd2+6=116d ffda+3=1173 10400+28=10428 104b0+24=104d8 \
        10570/13=10597 10571+a=10598 1057d+e=105a4 1058d+6=105b4 10595=105bc 10781=2d0 10782=2d1 \
        10784=299 10785=62 10787=2a3 10788=ab66 10789=2a5 1078a=2a4 1078b*3=64 1078e=258 \
        1078f=25e 10790=2a9 10791=264 10792=262 10793=67 10794=29b 10795=68 10796=29c 10797=267 \
        10798=284 10799=2aa 1079a=2ab 1079b=6c 1079c=1df04 1079d=6c 1079e=26e 1079f=1df05 \
        107a0=28e 107a1=1df06 107a2=6f 107a3=276 107a4=277 107a5=71 107a6=27a 107a7=1df08 \
        107a8=72 107a9=72 107aa=280 107ab=2a8 107ac=2a6 107ad=ab67 107ae=2a7 107af=74 107b0=76 \
        107b2=28f 107b3=2a1 107b4=2a2 107b5=298 107b6+3=1c0 107b9=1df0a 107ba=73 10c80+33=10cc0 \
        118a0+20=118c0 16e40+20=16e60 1d400+1a=61 1d41a+1a=61 1d434+1a=61 1d44e/d=61 1d44f+6=62 \
        1d457+11=6a 1d468+1a=61 1d482+1a=61 1d49c=61 1d49e=63 1d49f=64 1d4a2=67 1d4a5=6a \
        1d4a6=6b 1d4a9+4=6e 1d4ae+8=73 1d4b6+4=61 1d4bb/b=66 1d4be+6=69 1d4c6+a=71 1d4d0+1a=61 \
        1d4ea+1a=61 1d504=61 1d505/3=62 1d508+3=65 1d50d+8=6a 1d516+7=73 1d51e+1a=61 1d538=61 \
        1d539/3=62 1d53c/6=65 1d541+4=6a 1d54a+7=73 1d552+1a=61 1d56c+1a=61 1d586+1a=61 \
        1d5a0+1a=61 1d5ba+1a=61 1d5d4+1a=61 1d5ee+1a=61 1d608+1a=61 1d622+1a=61 1d63c+1a=61 \
        1d656+1a=61 1d670+1a=61 1d68a+1a=61 1d6a4=69 1d6a5=6a 1d6a8+11=3b1 1d6b9=3b8 1d6ba+7=3c3 \
        1d6c2+11=3b1 1d6d3=3c3 1d6d4+7=3c3 1d6dc=3b5 1d6dd=3b8 1d6de=3ba 1d6df=3c6 1d6e0=3c1 \
        1d6e1=3c0 1d6e2+11=3b1 1d6f3=3b8 1d6f4+7=3c3 1d6fc+11=3b1 1d70d=3c3 1d70e+7=3c3 \
        1d716=3b5 1d717=3b8 1d718=3ba 1d719=3c6 1d71a=3c1 1d71b=3c0 1d71c+11=3b1 1d72d=3b8 \
        1d72e+7=3c3 1d736+11=3b1 1d747=3c3 1d748+7=3c3 1d750=3b5 1d751=3b8 1d752=3ba 1d753=3c6 \
        1d754=3c1 1d755=3c0 1d756+11=3b1 1d767=3b8 1d768+7=3c3 1d770+11=3b1 1d781=3c3 \
        1d782+7=3c3 1d78a=3b5 1d78b=3b8 1d78c=3ba 1d78d=3c6 1d78e=3c1 1d78f=3c0 1d790+11=3b1 \
        1d7a1=3b8 1d7a2+7=3c3 1d7aa+11=3b1 1d7bb=3c3 1d7bc+7=3c3 1d7c4=3b5 1d7c5=3b8 1d7c6=3ba \
        1d7c7=3c6 1d7c8=3c1 1d7c9=3c0 1d7ca=3dd 1d7cb=3dd 1d7ce+a=30 1d7d8+a=30 1d7e2+a=30 \
        1d7ec+a=30 1d7f6+a=30 1df09=74 1df11=6c 1df13=6c 1df16=72 1df1a=69 1df1b=6f 1df1d=63 \
        1df1e=73 1e900+22=1e922 1ee00=627 1ee01=628 1ee02=62c 1ee03=62f 1ee05=648 1ee06=632 \
        1ee07=62d 1ee08=637 1ee09=64a 1ee0a+4=643 1ee0e=633 1ee0f=639 1ee10=641 1ee11=635 \
        1ee12=642 1ee13=631 1ee14=634 1ee15=62a 1ee16=62b 1ee17=62e 1ee18=630 1ee19=636 \
        1ee1a=638 1ee1b=63a 1ee1c=66e 1ee1d=6ba 1ee1e=6a1 1ee1f=66f 1ee21=628 1ee22=62c \
        1ee24=647 1ee27=62d 1ee29=64a 1ee2a+4=643 1ee2e=633 1ee2f=639 1ee30=641 1ee31=635 \
        1ee32=642 1ee34=634 1ee35=62a 1ee36=62b 1ee37=62e 1ee39=636 1ee3b=63a 1ee42=62c \
        1ee47=62d 1ee49=64a 1ee4b=644 1ee4d=646 1ee4e=633 1ee4f=639 1ee51=635 1ee52=642 \
        1ee54=634 1ee57=62e 1ee59=636 1ee5b=63a 1ee5d=6ba 1ee5f=66f 1ee61=628 1ee62=62c \
        1ee64=647 1ee67=62d 1ee68=637 1ee69=64a 1ee6a=643 1ee6c=645 1ee6d=646 1ee6e=633 \
        1ee6f=639 1ee70=641 1ee71=635 1ee72=642 1ee74=634 1ee75=62a 1ee76=62b 1ee77=62e \
        1ee79=636 1ee7a=638 1ee7b=63a 1ee7c=66e 1ee7e=6a1 1ee80=627 1ee81=628 1ee82=62c \
        1ee83=62f 1ee84=647 1ee85=648 1ee86=632 1ee87=62d 1ee88=637 1ee89=64a 1ee8b+3=644 \
        1ee8e=633 1ee8f=639 1ee90=641 1ee91=635 1ee92=642 1ee93=631 1ee94=634 1ee95=62a \
        1ee96=62b 1ee97=62e 1ee98=630 1ee99=636 1ee9a=638 1ee9b=63a 1eea1=628 1eea2=62c \
        1eea3=62f 1eea5=648 1eea6=632 1eea7=62d 1eea8=637 1eea9=64a 1eeab+3=644 1eeae=633 \
        1eeaf=639 1eeb0=641 1eeb1=635 1eeb2=642 1eeb3=631 1eeb4=634 1eeb5=62a 1eeb6=62b \
        1eeb7=62e 1eeb8=630 1eeb9=636 1eeba=638 1eebb=63a 1fbf0+a=30 2f800=4e3d 2f801=4e38 \
        2f802=4e41 2f803=20122 2f804=4f60 2f805=4fae 2f806=4fbb 2f807=5002 2f808=507a 2f809=5099 \
        2f80a=50e7 2f80b=50cf 2f80c=349e 2f80d=2063a 2f80e=514d 2f80f=5154 2f810=5164 2f811=5177 \
        2f812=2051c 2f813=34b9 2f814=5167 2f815=518d 2f816=2054b 2f817=5197 2f818=51a4 \
        2f819=4ecc 2f81a=51ac 2f81b=51b5 2f81c=291df 2f81d=51f5 2f81e=5203 2f81f=34df 2f820=523b \
        2f821=5246 2f822=5272 2f823=5277 2f824=3515 2f825=52c7 2f826=52c9 2f827=52e4 2f828=52fa \
        2f829=5305 2f82a=5306 2f82b=5317 2f82c=5349 2f82d=5351 2f82e=535a 2f82f=5373 2f830=537d \
        2f831*3=537f 2f834=20a2c 2f835=7070 2f836=53ca 2f837=53df 2f838=20b63 2f839=53eb \
        2f83a=53f1 2f83b=5406 2f83c=549e 2f83d=5438 2f83e=5448 2f83f=5468 2f840=54a2 2f841=54f6 \
        2f842=5510 2f843=5553 2f844=5563 2f845=5584 2f846=5584 2f847=5599 2f848=55ab 2f849=55b3 \
        2f84a=55c2 2f84b=5716 2f84c=5606 2f84d=5717 2f84e=5651 2f84f=5674 2f850=5207 2f851=58ee \
        2f852=57ce 2f853=57f4 2f854=580d 2f855=578b 2f856=5832 2f857=5831 2f858=58ac 2f859=214e4 \
        2f85a=58f2 2f85b=58f7 2f85c=5906 2f85d=591a 2f85e=5922 2f85f=5962 2f860=216a8 \
        2f861=216ea 2f862=59ec 2f863=5a1b 2f864=5a27 2f865=59d8 2f866=5a66 2f867=36ee 2f868=36fc \
        2f869=5b08 2f86a=5b3e 2f86b=5b3e 2f86c=219c8 2f86d=5bc3 2f86e=5bd8 2f86f=5be7 2f870=5bf3 \
        2f871=21b18 2f872=5bff 2f873=5c06 2f874=5f53 2f875=5c22 2f876=3781 2f877=5c60 2f878=5c6e \
        2f879=5cc0 2f87a=5c8d 2f87b=21de4 2f87c=5d43 2f87d=21de6 2f87e=5d6e 2f87f=5d6b \
        2f880=5d7c 2f881=5de1 2f882=5de2 2f883=382f 2f884=5dfd 2f885=5e28 2f886=5e3d 2f887=5e69 \
        2f888=3862 2f889=22183 2f88a=387c 2f88b=5eb0 2f88c=5eb3 2f88d=5eb6 2f88e=5eca \
        2f88f=2a392 2f890=5efe 2f891=22331 2f892=22331 2f893=8201 2f894=5f22 2f895=5f22 \
        2f896=38c7 2f897=232b8 2f898=261da 2f899=5f62 2f89a=5f6b 2f89b=38e3 2f89c=5f9a \
        2f89d=5fcd 2f89e=5fd7 2f89f=5ff9 2f8a0=6081 2f8a1=393a 2f8a2=391c 2f8a3=6094 2f8a4=226d4 \
        2f8a5=60c7 2f8a6=6148 2f8a7=614c 2f8a8=614e 2f8a9=614c 2f8aa=617a 2f8ab=618e 2f8ac=61b2 \
        2f8ad=61a4 2f8ae=61af 2f8af=61de 2f8b0=61f2 2f8b1=61f6 2f8b2=6210 2f8b3=621b 2f8b4=625d \
        2f8b5=62b1 2f8b6=62d4 2f8b7=6350 2f8b8=22b0c 2f8b9=633d 2f8ba=62fc 2f8bb=6368 2f8bc=6383 \
        2f8bd=63e4 2f8be=22bf1 2f8bf=6422 2f8c0=63c5 2f8c1=63a9 2f8c2=3a2e 2f8c3=6469 2f8c4=647e \
        2f8c5=649d 2f8c6=6477 2f8c7=3a6c 2f8c8=654f 2f8c9=656c 2f8ca=2300a 2f8cb=65e3 2f8cc=66f8 \
        2f8cd=6649 2f8ce=3b19 2f8cf=6691 2f8d0=3b08 2f8d1=3ae4 2f8d2=5192 2f8d3=5195 2f8d4=6700 \
        2f8d5=669c 2f8d6=80ad 2f8d7=43d9 2f8d8=6717 2f8d9=671b 2f8da=6721 2f8db=675e 2f8dc=6753 \
        2f8dd=233c3 2f8de=3b49 2f8df=67fa 2f8e0=6785 2f8e1=6852 2f8e2=6885 2f8e3=2346d \
        2f8e4=688e 2f8e5=681f 2f8e6=6914 2f8e7=3b9d 2f8e8=6942 2f8e9=69a3 2f8ea=69ea 2f8eb=6aa8 \
        2f8ec=236a3 2f8ed=6adb 2f8ee=3c18 2f8ef=6b21 2f8f0=238a7 2f8f1=6b54 2f8f2=3c4e \
        2f8f3=6b72 2f8f4=6b9f 2f8f5=6bba 2f8f6=6bbb 2f8f7=23a8d 2f8f8=21d0b 2f8f9=23afa \
        2f8fa=6c4e 2f8fb=23cbc 2f8fc=6cbf 2f8fd=6ccd 2f8fe=6c67 2f8ff=6d16 2f900=6d3e 2f901=6d77 \
        2f902=6d41 2f903=6d69 2f904=6d78 2f905=6d85 2f906=23d1e 2f907=6d34 2f908=6e2f 2f909=6e6e \
        2f90a=3d33 2f90b=6ecb 2f90c=6ec7 2f90d=23ed1 2f90e=6df9 2f90f=6f6e 2f910=23f5e \
        2f911=23f8e 2f912=6fc6 2f913=7039 2f914=701e 2f915=701b 2f916=3d96 2f917=704a 2f918=707d \
        2f919=7077 2f91a=70ad 2f91b=20525 2f91c=7145 2f91d=24263 2f91e=719c 2f91f=243ab \
        2f920=7228 2f921=7235 2f922=7250 2f923=24608 2f924=7280 2f925=7295 2f926=24735 \
        2f927=24814 2f928=737a 2f929=738b 2f92a=3eac 2f92b=73a5 2f92c=3eb8 2f92d=3eb8 2f92e=7447 \
        2f92f=745c 2f930=7471 2f931=7485 2f932=74ca 2f933=3f1b 2f934=7524 2f935=24c36 2f936=753e \
        2f937=24c92 2f938=7570 2f939=2219f 2f93a=7610 2f93b=24fa1 2f93c=24fb8 2f93d=25044 \
        2f93e=3ffc 2f93f=4008 2f940=76f4 2f941=250f3 2f942=250f2 2f943=25119 2f944=25133 \
        2f945=771e 2f946=771f 2f947=771f 2f948=774a 2f949=4039 2f94a=778b 2f94b=4046 2f94c=4096 \
        2f94d=2541d 2f94e=784e 2f94f=788c 2f950=78cc 2f951=40e3 2f952=25626 2f953=7956 \
        2f954=2569a 2f955=256c5 2f956=798f 2f957=79eb 2f958=412f 2f959=7a40 2f95a=7a4a \
        2f95b=7a4f 2f95c=2597c 2f95d=25aa7 2f95e=25aa7 2f95f=7aee 2f960=4202 2f961=25bab \
        2f962=7bc6 2f963=7bc9 2f964=4227 2f965=25c80 2f966=7cd2 2f967=42a0 2f968=7ce8 2f969=7ce3 \
        2f96a=7d00 2f96b=25f86 2f96c=7d63 2f96d=4301 2f96e=7dc7 2f96f=7e02 2f970=7e45 2f971=4334 \
        2f972=26228 2f973=26247 2f974=4359 2f975=262d9 2f976=7f7a 2f977=2633e 2f978=7f95 \
        2f979=7ffa 2f97a=8005 2f97b=264da 2f97c=26523 2f97d=8060 2f97e=265a8 2f97f=8070 \
        2f980=2335f 2f981=43d5 2f982=80b2 2f983=8103 2f984=440b 2f985=813e 2f986=5ab5 \
        2f987=267a7 2f988=267b5 2f989=23393 2f98a=2339c 2f98b=8201 2f98c=8204 2f98d=8f9e \
        2f98e=446b 2f98f=8291 2f990=828b 2f991=829d 2f992=52b3 2f993=82b1 2f994=82b3 2f995=82bd \
        2f996=82e6 2f997=26b3c 2f998=82e5 2f999=831d 2f99a=8363 2f99b=83ad 2f99c=8323 2f99d=83bd \
        2f99e=83e7 2f99f=8457 2f9a0=8353 2f9a1=83ca 2f9a2=83cc 2f9a3=83dc 2f9a4=26c36 \
        2f9a5=26d6b 2f9a6=26cd5 2f9a7=452b 2f9a8=84f1 2f9a9=84f3 2f9aa=8516 2f9ab=273ca \
        2f9ac=8564 2f9ad=26f2c 2f9ae=455d 2f9af=4561 2f9b0=26fb1 2f9b1=270d2 2f9b2=456b \
        2f9b3=8650 2f9b4=865c 2f9b5=8667 2f9b6=8669 2f9b7=86a9 2f9b8=8688 2f9b9=870e 2f9ba=86e2 \
        2f9bb=8779 2f9bc=8728 2f9bd=876b 2f9be=8786 2f9bf=45d7 2f9c0=87e1 2f9c1=8801 2f9c2=45f9 \
        2f9c3=8860 2f9c4=8863 2f9c5=27667 2f9c6=88d7 2f9c7=88de 2f9c8=4635 2f9c9=88fa 2f9ca=34bb \
        2f9cb=278ae 2f9cc=27966 2f9cd=46be 2f9ce=46c7 2f9cf=8aa0 2f9d0=8aed 2f9d1=8b8a \
        2f9d2=8c55 2f9d3=27ca8 2f9d4=8cab 2f9d5=8cc1 2f9d6=8d1b 2f9d7=8d77 2f9d8=27f2f \
        2f9d9=20804 2f9da=8dcb 2f9db=8dbc 2f9dc=8df0 2f9dd=208de 2f9de=8ed4 2f9df=8f38 \
        2f9e0=285d2 2f9e1=285ed 2f9e2=9094 2f9e3=90f1 2f9e4=9111 2f9e5=2872e 2f9e6=911b \
        2f9e7=9238 2f9e8=92d7 2f9e9=92d8 2f9ea=927c 2f9eb=93f9 2f9ec=9415 2f9ed=28bfa 2f9ee=958b \
        2f9ef=4995 2f9f0=95b7 2f9f1=28d77 2f9f2=49e6 2f9f3=96c3 2f9f4=5db2 2f9f5=9723 \
        2f9f6=29145 2f9f7=2921a 2f9f8=4a6e 2f9f9=4a76 2f9fa=97e0 2f9fb=2940a 2f9fc=4ab2 \
        2f9fd=29496 2f9fe=980b 2f9ff=980b 2fa00=9829 2fa01=295b6 2fa02=98e2 2fa03=4b33 \
        2fa04=9929 2fa05=99a7 2fa06=99c2 2fa07=99fe 2fa08=4bce 2fa09=29b30 2fa0a=9b12 2fa0b=9c40 \
        2fa0c=9cfd 2fa0d=4cce 2fa0e=4ced 2fa0f=9d67 2fa10=2a0ce 2fa11=4cf8 2fa12=2a105 \
        2fa13=2a20e 2fa14=2a291 2fa15=9ebb 2fa16=4d56 2fa17=9ef9 2fa18=9efe 2fa19=9f05 \
        2fa1a=9f0f 2fa1b=9f16 2fa1c=9f3b 2fa1d=2a600 c6=61,65 de=74,68 df=73,73 e6=61,65 \
        fe=74,68 132=69,6a 133=69,6a 149=2bc,6e 152=6f,65 153=6f,65 1c4=64,7a 1c5=64,7a \
        1c6=64,7a 1c7=6c,6a 1c8=6c,6a 1c9=6c,6a 1ca=6e,6a 1cb=6e,6a 1cc=6e,6a 1e2=61,65 \
        1e3=61,65 1f1=64,7a 1f2=64,7a 1f3=64,7a 1fc=61,65 1fd=61,65 587=565,582 675=627,674 \
        676=648,674 677=6c7,674 678=64a,674 958=915,93c 959=916,93c 95a=917,93c 95b=91c,93c \
        95c=921,93c 95d=922,93c 95e=92b,93c 95f=92f,93c 9dc=9a1,9bc 9dd=9a2,9bc 9df=9af,9bc \
        a33=a32,a3c a36=a38,a3c a59=a16,a3c a5a=a17,a3c a5b=a1c,a3c a5e=a2b,a3c b5c=b21,b3c \
        b5d=b22,b3c f43=f42,fb7 f4d=f4c,fb7 f52=f51,fb7 f57=f56,fb7 f5c=f5b,fb7 f69=f40,fb5 \
        f73=f71,f72 f75=f71,f74 f76=fb2,f80 f77=fb2,f71,f80 f78=fb3,f80 f79=fb3,f71,f80 \
        f81=f71,f80 f93=f92,fb7 f9d=f9c,fb7 fa2=fa1,fb7 fa7=fa6,fb7 fac=fab,fb7 fb9=f90,fb5 \
        1d2d=61,65 1e9a=61,2be 1e9e=73,73 2161=69,69 2162=69,69,69 2163=69,76 2165=76,69 \
        2166=76,69,69 2167=76,69,69,69 2168=69,78 216a=78,69 216b=78,69,69 2171=69,69 \
        2172=69,69,69 2173=69,76 2175=76,69 2176=76,69,69 2177=76,69,69,69 2178=69,78 217a=78,69 \
        217b=78,69,69 2469=31,30 246a=31,31 246b=31,32 246c=31,33 246d=31,34 246e=31,35 \
        246f=31,36 2470=31,37 2471=31,38 2472=31,39 2473=32,30 309f=3088,308a 30ff=30b3,30c8 \
        3251=32,31 3252=32,32 3253=32,33 3254=32,34 3255=32,35 3256=32,36 3257=32,37 3258=32,38 \
        3259=32,39 325a=33,30 325b=33,31 325c=33,32 325d=33,33 325e=33,34 325f=33,35 32b1=33,36 \
        32b2=33,37 32b3=33,38 32b4=33,39 32b5=34,30 32b6=34,31 32b7=34,32 32b8=34,33 32b9=34,34 \
        32ba=34,35 32bb=34,36 32bc=34,37 32bd=34,38 32be=34,39 32bf=35,30 a7f9=6f,65 fb00=66,66 \
        fb01=66,69 fb02=66,6c fb03=66,66,69 fb04=66,66,6c fb05=73,74 fb06=73,74 fb13=574,576 \
        fb14=574,565 fb15=574,56b fb16=57e,576 fb17=574,56d fb4f=5d0,5dc fbdd=6c7,674 \
        fbea=626,627 fbeb=626,627 fbec=626,6d5 fbed=626,6d5 fbee=626,648 fbef=626,648 \
        fbf0=626,6c7 fbf1=626,6c7 fbf2=626,6c6 fbf3=626,6c6 fbf4=626,6c8 fbf5=626,6c8 \
        fbf6=626,6d0 fbf7=626,6d0 fbf8=626,6d0 fbf9=626,649 fbfa=626,649 fbfb=626,649 \
        fc00=626,62c fc01=626,62d fc02=626,645 fc03=626,649 fc04=626,64a fc05=628,62c \
        fc06=628,62d fc07=628,62e fc08=628,645 fc09=628,649 fc0a=628,64a fc0b=62a,62c \
        fc0c=62a,62d fc0d=62a,62e fc0e=62a,645 fc0f=62a,649 fc10=62a,64a fc11=62b,62c \
        fc12=62b,645 fc13=62b,649 fc14=62b,64a fc15=62c,62d fc16=62c,645 fc17=62d,62c \
        fc18=62d,645 fc19=62e,62c fc1a=62e,62d fc1b=62e,645 fc1c=633,62c fc1d=633,62d \
        fc1e=633,62e fc1f=633,645 fc20=635,62d fc21=635,645 fc22=636,62c fc23=636,62d \
        fc24=636,62e fc25=636,645 fc26=637,62d fc27=637,645 fc28=638,645 fc29=639,62c \
        fc2a=639,645 fc2b=63a,62c fc2c=63a,645 fc2d=641,62c fc2e=641,62d fc2f=641,62e \
        fc30=641,645 fc31=641,649 fc32=641,64a fc33=642,62d fc34=642,645 fc35=642,649 \
        fc36=642,64a fc37=643,627 fc38=643,62c fc39=643,62d fc3a=643,62e fc3b=643,644 \
        fc3c=643,645 fc3d=643,649 fc3e=643,64a fc3f=644,62c fc40=644,62d fc41=644,62e \
        fc42=644,645 fc43=644,649 fc44=644,64a fc45=645,62c fc46=645,62d fc47=645,62e \
        fc48=645,645 fc49=645,649 fc4a=645,64a fc4b=646,62c fc4c=646,62d fc4d=646,62e \
        fc4e=646,645 fc4f=646,649 fc50=646,64a fc51=647,62c fc52=647,645 fc53=647,649 \
        fc54=647,64a fc55=64a,62c fc56=64a,62d fc57=64a,62e fc58=64a,645 fc59=64a,649 \
        fc5a=64a,64a fc64=626,631 fc65=626,632 fc66=626,645 fc67=626,646 fc68=626,649 \
        fc69=626,64a fc6a=628,631 fc6b=628,632 fc6c=628,645 fc6d=628,646 fc6e=628,649 \
        fc6f=628,64a fc70=62a,631 fc71=62a,632 fc72=62a,645 fc73=62a,646 fc74=62a,649 \
        fc75=62a,64a fc76=62b,631 fc77=62b,632 fc78=62b,645 fc79=62b,646 fc7a=62b,649 \
        fc7b=62b,64a fc7c=641,649 fc7d=641,64a fc7e=642,649 fc7f=642,64a fc80=643,627 \
        fc81=643,644 fc82=643,645 fc83=643,649 fc84=643,64a fc85=644,645 fc86=644,649 \
        fc87=644,64a fc88=645,627 fc89=645,645 fc8a=646,631 fc8b=646,632 fc8c=646,645 \
        fc8d=646,646 fc8e=646,649 fc8f=646,64a fc91=64a,631 fc92=64a,632 fc93=64a,645 \
        fc94=64a,646 fc95=64a,649 fc96=64a,64a fc97=626,62c fc98=626,62d fc99=626,62e \
        fc9a=626,645 fc9b=626,647 fc9c=628,62c fc9d=628,62d fc9e=628,62e fc9f=628,645 \
        fca0=628,647 fca1=62a,62c fca2=62a,62d fca3=62a,62e fca4=62a,645 fca5=62a,647 \
        fca6=62b,645 fca7=62c,62d fca8=62c,645 fca9=62d,62c fcaa=62d,645 fcab=62e,62c \
        fcac=62e,645 fcad=633,62c fcae=633,62d fcaf=633,62e fcb0=633,645 fcb1=635,62d \
        fcb2=635,62e fcb3=635,645 fcb4=636,62c fcb5=636,62d fcb6=636,62e fcb7=636,645 \
        fcb8=637,62d fcb9=638,645 fcba=639,62c fcbb=639,645 fcbc=63a,62c fcbd=63a,645 \
        fcbe=641,62c fcbf=641,62d fcc0=641,62e fcc1=641,645 fcc2=642,62d fcc3=642,645 \
        fcc4=643,62c fcc5=643,62d fcc6=643,62e fcc7=643,644 fcc8=643,645 fcc9=644,62c \
        fcca=644,62d fccb=644,62e fccc=644,645 fccd=644,647 fcce=645,62c fccf=645,62d \
        fcd0=645,62e fcd1=645,645 fcd2=646,62c fcd3=646,62d fcd4=646,62e fcd5=646,645 \
        fcd6=646,647 fcd7=647,62c fcd8=647,645 fcda=64a,62c fcdb=64a,62d fcdc=64a,62e \
        fcdd=64a,645 fcde=64a,647 fcdf=626,645 fce0=626,647 fce1=628,645 fce2=628,647 \
        fce3=62a,645 fce4=62a,647 fce5=62b,645 fce6=62b,647 fce7=633,645 fce8=633,647 \
        fce9=634,645 fcea=634,647 fceb=643,644 fcec=643,645 fced=644,645 fcee=646,645 \
        fcef=646,647 fcf0=64a,645 fcf1=64a,647 fcf5=637,649 fcf6=637,64a fcf7=639,649 \
        fcf8=639,64a fcf9=63a,649 fcfa=63a,64a fcfb=633,649 fcfc=633,64a fcfd=634,649 \
        fcfe=634,64a fcff=62d,649 fd00=62d,64a fd01=62c,649 fd02=62c,64a fd03=62e,649 \
        fd04=62e,64a fd05=635,649 fd06=635,64a fd07=636,649 fd08=636,64a fd09=634,62c \
        fd0a=634,62d fd0b=634,62e fd0c=634,645 fd0d=634,631 fd0e=633,631 fd0f=635,631 \
        fd10=636,631 fd11=637,649 fd12=637,64a fd13=639,649 fd14=639,64a fd15=63a,649 \
        fd16=63a,64a fd17=633,649 fd18=633,64a fd19=634,649 fd1a=634,64a fd1b=62d,649 \
        fd1c=62d,64a fd1d=62c,649 fd1e=62c,64a fd1f=62e,649 fd20=62e,64a fd21=635,649 \
        fd22=635,64a fd23=636,649 fd24=636,64a fd25=634,62c fd26=634,62d fd27=634,62e \
        fd28=634,645 fd29=634,631 fd2a=633,631 fd2b=635,631 fd2c=636,631 fd2d=634,62c \
        fd2e=634,62d fd2f=634,62e fd30=634,645 fd31=633,647 fd32=634,647 fd33=637,645 \
        fd34=633,62c fd35=633,62d fd36=633,62e fd37=634,62c fd38=634,62d fd39=634,62e \
        fd3a=637,645 fd3b=638,645 fd50=62a,62c,645 fd51=62a,62d,62c fd52=62a,62d,62c \
        fd53=62a,62d,645 fd54=62a,62e,645 fd55=62a,645,62c fd56=62a,645,62d fd57=62a,645,62e \
        fd58=62c,645,62d fd59=62c,645,62d fd5a=62d,645,64a fd5b=62d,645,649 fd5c=633,62d,62c \
        fd5d=633,62c,62d fd5e=633,62c,649 fd5f=633,645,62d fd60=633,645,62d fd61=633,645,62c \
        fd62=633,645,645 fd63=633,645,645 fd64=635,62d,62d fd65=635,62d,62d fd66=635,645,645 \
        fd67=634,62d,645 fd68=634,62d,645 fd69=634,62c,64a fd6a=634,645,62e fd6b=634,645,62e \
        fd6c=634,645,645 fd6d=634,645,645 fd6e=636,62d,649 fd6f=636,62e,645 fd70=636,62e,645 \
        fd71=637,645,62d fd72=637,645,62d fd73=637,645,645 fd74=637,645,64a fd75=639,62c,645 \
        fd76=639,645,645 fd77=639,645,645 fd78=639,645,649 fd79=63a,645,645 fd7a=63a,645,64a \
        fd7b=63a,645,649 fd7c=641,62e,645 fd7d=641,62e,645 fd7e=642,645,62d fd7f=642,645,645 \
        fd80=644,62d,645 fd81=644,62d,64a fd82=644,62d,649 fd83=644,62c,62c fd84=644,62c,62c \
        fd85=644,62e,645 fd86=644,62e,645 fd87=644,645,62d fd88=644,645,62d fd89=645,62d,62c \
        fd8a=645,62d,645 fd8b=645,62d,64a fd8c=645,62c,62d fd8d=645,62c,645 fd8e=645,62e,62c \
        fd8f=645,62e,645 fd92=645,62c,62e fd93=647,645,62c fd94=647,645,645 fd95=646,62d,645 \
        fd96=646,62d,649 fd97=646,62c,645 fd98=646,62c,645 fd99=646,62c,649 fd9a=646,645,64a \
        fd9b=646,645,649 fd9c=64a,645,645 fd9d=64a,645,645 fd9e=628,62e,64a fd9f=62a,62c,64a \
        fda0=62a,62c,649 fda1=62a,62e,64a fda2=62a,62e,649 fda3=62a,645,64a fda4=62a,645,649 \
        fda5=62c,645,64a fda6=62c,62d,649 fda7=62c,645,649 fda8=633,62e,649 fda9=635,62d,64a \
        fdaa=634,62d,64a fdab=636,62d,64a fdac=644,62c,64a fdad=644,645,64a fdae=64a,62d,64a \
        fdaf=64a,62c,64a fdb0=64a,645,64a fdb1=645,645,64a fdb2=642,645,64a fdb3=646,62d,64a \
        fdb4=642,645,62d fdb5=644,62d,645 fdb6=639,645,64a fdb7=643,645,64a fdb8=646,62c,62d \
        fdb9=645,62e,64a fdba=644,62c,645 fdbb=643,645,645 fdbc=644,62c,645 fdbd=646,62c,62d \
        fdbe=62c,62d,64a fdbf=62d,62c,64a fdc0=645,62c,64a fdc1=641,645,64a fdc2=628,62d,64a \
        fdc3=643,645,645 fdc4=639,62c,645 fdc5=635,645,645 fdc6=633,62e,64a fdc7=646,62c,64a \
        fdf0=635,644,6d2 fdf1=642,644,6d2 fdf2=627,644,644,647 fdf3=627,643,628,631 \
        fdf4=645,62d,645,62f fdf5=635,644,639,645 fdf6=631,633,648,644 fdf7=639,644,64a,647 \
        fdf8=648,633,644,645 fdf9=635,644,649 fef5=644,622 fef6=644,622 fef7=644,623 \
        fef8=644,623 fef9=644,625 fefa=644,625 fefb=644,627 fefc=644,627 10783=61,65 
        """

    /// Two folded scalars and the one that stands for both.
    static let compositions: StaticString = """
        438+306=439 433+301=453 456+308=457 43a+301=45c 443+306=45e 475+30f=477 436+306=4c2 \
        430+306=4d1 430+308=4d3 435+306=4d7 4d9+308=4db 436+308=4dd 437+308=4df 438+304=4e3 \
        438+308=4e5 43e+308=4e7 4e9+308=4eb 44d+308=4ed 443+304=4ef 443+308=4f1 443+30b=4f3 \
        447+308=4f5 44b+308=4f9 627+653=622 627+654=623 648+654=624 627+655=625 64a+654=626 \
        6d5+654=6c0 6c1+654=6c2 6d2+654=6d3 928+93c=929 930+93c=931 933+93c=934 9c7+9be=9cb \
        9c7+9d7=9cc b47+b56=b48 b47+b3e=b4b b47+b57=b4c b92+bd7=b94 bc6+bbe=bca bc7+bbe=bcb \
        bc6+bd7=bcc c46+c56=c48 cbf+cd5=cc0 cc6+cd5=cc7 cc6+cd6=cc8 cc6+cc2=cca cca+cd5=ccb \
        d46+d3e=d4a d47+d3e=d4b d46+d57=d4c dd9+dca=dda dd9+dcf=ddc ddc+dca=ddd dd9+ddf=dde \
        1025+102e=1026 1b05+1b35=1b06 1b07+1b35=1b08 1b09+1b35=1b0a 1b0b+1b35=1b0c \
        1b0d+1b35=1b0e 1b11+1b35=1b12 1b3a+1b35=1b3b 1b3c+1b35=1b3d 1b3e+1b35=1b40 \
        1b3f+1b35=1b41 1b42+1b35=1b43 304b+3099=304c 304d+3099=304e 304f+3099=3050 \
        3051+3099=3052 3053+3099=3054 3055+3099=3056 3057+3099=3058 3059+3099=305a \
        305b+3099=305c 305d+3099=305e 305f+3099=3060 3061+3099=3062 3064+3099=3065 \
        3066+3099=3067 3068+3099=3069 306f+3099=3070 306f+309a=3071 3072+3099=3073 \
        3072+309a=3074 3075+3099=3076 3075+309a=3077 3078+3099=3079 3078+309a=307a \
        307b+3099=307c 307b+309a=307d 3046+3099=3094 309d+3099=309e 30ab+3099=30ac \
        30ad+3099=30ae 30af+3099=30b0 30b1+3099=30b2 30b3+3099=30b4 30b5+3099=30b6 \
        30b7+3099=30b8 30b9+3099=30ba 30bb+3099=30bc 30bd+3099=30be 30bf+3099=30c0 \
        30c1+3099=30c2 30c4+3099=30c5 30c6+3099=30c7 30c8+3099=30c9 30cf+3099=30d0 \
        30cf+309a=30d1 30d2+3099=30d3 30d2+309a=30d4 30d5+3099=30d6 30d5+309a=30d7 \
        30d8+3099=30d9 30d8+309a=30da 30db+3099=30dc 30db+309a=30dd 30a6+3099=30f4 \
        30ef+3099=30f7 30f0+3099=30f8 30f1+3099=30f9 30f2+3099=30fa 30fd+3099=30fe \
        11099+110ba=1109a 1109b+110ba=1109c 110a5+110ba=110ab 11131+11127=1112e \
        11132+11127=1112f 11347+1133e=1134b 11347+11357=1134c 114b9+114ba=114bb \
        114b9+114b0=114bc 114b9+114bd=114be 115b8+115af=115ba 115b9+115af=115bb \
        11935+11930=11938 
        """
}
