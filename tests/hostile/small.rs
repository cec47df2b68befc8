//! Small models with their data, of many kinds: what mutated texts start from.

/// Each fits, or is refused, in a moment.
pub const MODELS: [&str; 15] = [
    // Columns of a table as a plate; a covariate from the others.
    r#"Model(data:{"t":{"y":[1,2,3],"a":[1,0,1],"b":[0,1,"NA"]}},plates:{"n":Rows(table:"t"),"c":Columns(table:"t",except:["y"])},
        nodes:{"m[c]":Normal(mean:0,precision:1),"tau":Gamma(shape:1,rate:1),"x[n,c]":Normal(mean:"m[c]",precision:"tau")},observe:{"x":"t"})"#,
    r#"Model(data:{"t":{"y":[1,2,3],"a":[1,0,1],"b":[0,1,1]}},plates:{"n":Rows(table:"t"),"c":Columns(table:"t",except:["y"])},
        inputs:{"X[n,c]":"t"},nodes:{"w[c]":Normal(mean:0,precision:1),"y[n]":Normal(mean:"dot(w,X[n])",precision:1)},observe:{"y":"y"})"#,
    // A mixture of vectors, with a cell missing.
    r#"Model(data:{"t":{"u":[1,2,9,8,1.5],"v":[1,3,7,"NA",2]}},plates:{"n":Rows(table:"t"),"k":Size(2)},
        nodes:{"p":Dirichlet(concentration:1,over:"k"),"S[k]":Wishart(dof:3,scale:"identity(2)"),"m[k]":MvNormal(mean:[0,0],precision:"0.1 * S[k]"),
        "z[n]":Categorical(p:"p"),"x[n]":MvNormal(mean:"m[z[n]]",precision:"S[z[n]]")},observe:{"x":["u","v"]})"#,
    // Chains of categories in several sequences; a Gaussian chain with a coefficient.
    r#"Model(data:{"t":{"g":["a","b","a","b","a"],"y":[1,2,2,"NA",1]}},plates:{"t":Steps(table:"t",sequence:"g"),"k":Size(3)},
        nodes:{"s":Dirichlet(concentration:1,over:"k"),"A[k]":Dirichlet(concentration:1,over:"k"),"E[k]":Dirichlet(concentration:0.5,over:"t.y"),
        "z[0]":Categorical(p:"s"),"z[t]":Categorical(p:"A[z[t-1]]"),"y[t]":Categorical(p:"E[z[t]]")},observe:{"y":"y"})"#,
    r#"Model(data:{"t":{"y":[1,2,2.5,"NA",1,0.5],"x":[1,0,1,0,1,0]}},plates:{"t":Steps(table:"t")},
        nodes:{"b":Normal(mean:0,precision:1),"q":Gamma(shape:2,rate:1),"h[0]":Normal(mean:0,precision:1),"h[t]":Normal(mean:"0.9*h[t-1]",precision:"q"),
        "y[t]":Normal(mean:"h[t]+b*x[t]",precision:2)},observe:{"y":"y"})"#,
    // A tree; two categories of a row, some of them seen; a known table with zeros.
    r#"Model(data:{"t":{"id":["r","a","b","c"],"up":["","r","r","a"],"y":[1,2,1,2]}},plates:{"n":Tree(table:"t",id:"id",parent:"up"),"k":Size(2)},
        inputs:{"T[k]":[[0.9,0.1],[0,1]],"E[k]":[[0.7,0.3],[0.2,0.8]]},
        nodes:{"z[0]":Categorical(p:[0.5,0.5]),"z[n]":Categorical(p:"T[z[parent(n)]]"),"y[n]":Categorical(p:"E[z[n]]")},observe:{"y":"y"})"#,
    r#"Model(data:{"d":{"c":[1,2,"NA"],"h":[2,3,2]}},plates:{"r":Rows(table:"d"),"a":Size(3),"b":Size(3)},
        inputs:{"T[a,b]":[[[0,0.5,0.5],[0,0,1],[0,1,0]],[[0,0,1],[0.5,0,0.5],[1,0,0]],[[0,1,0],[1,0,0],[0.5,0.5,0]]]},
        nodes:{"x[r]":Categorical(p:[0.25,0.25,0.5]),"c[r]":Categorical(p:[0.25,0.25,0.5]),"h[r]":Categorical(p:"T[x[r],c[r]]")},observe:{"c":"c","h":"h"})"#,
    // Groups, categories of groups beside those of rows, and a table of zeros between them.
    r#"Model(data:{"d":{"g":["u","u","v","w"],"y":[1,0,1,1]}},plates:{"g":Groups(column:"d.g"),"n":Rows(table:"d"),"a":Size(2),"b":Size(3)},
        inputs:{"T[a]":[[0.5,0.5,0],[0,0.5,0.5]],"e[b]":[0.1,0.6,0.9]},
        nodes:{"s[g]":Categorical(p:[0.4,0.6]),"z[n]":Categorical(p:"T[s[g[n]]]"),"y[n]":Bernoulli(p:"e[z[n]]")},observe:{"y":"y"})"#,
    r#"Model(data:{"d":{"g":["u","u","v","w"],"i":["p","q","p","q"],"y":[2,1,4,3]}},plates:{"g":Groups(column:"d.g"),"i":Groups(column:"d.i"),"n":Rows(table:"d")},
        nodes:{"t":Gamma(shape:1,rate:1),"u[g]":Normal(mean:0,precision:"t"),"v[i]":Normal(mean:0,precision:1),"y[n]":Normal(mean:"u[g[n]]+v[i[n]]",precision:1)},observe:{"y":"y"})"#,
    // Counts, positive numbers, products and sticks.
    r#"Model(data:{"d":{"k":[1,5,0,"NA"],"n":[4,9,2,3],"e":[1,2,0.5,1]}},plates:{"r":Rows(table:"d")},
        nodes:{"t":Beta(alpha:1,beta:2),"l":Gamma(shape:1,rate:1),"y[r]":Binomial(trials:"n[r]",p:"t"),"c[r]":Poisson(rate:"l*e[r]")},observe:{"y":"k","c":"k"})"#,
    r#"Model(data:{"d":{"y":[1,5,0.3,2]}},plates:{"r":Rows(table:"d"),"k":Size(3)},
        nodes:{"a":Gamma(shape:1,rate:1),"v[k]":Beta(alpha:1,beta:"a"),"m[k]":Normal(mean:0,precision:0.1),"z[r]":Categorical(p:"stick(v)"),
        "y[r]":Normal(mean:"m[z[r]]",precision:1)},observe:{"y":"y"})"#,
    r#"Model(data:{"d":{"y":[1,5,0.3,2],"x":[1,2,3,4]}},plates:{"r":Rows(table:"d"),"j":Columns(table:"d",only:["x","y"])},
        inputs:{"X[r,j]":"d"},nodes:{"f[j]":Normal(mean:0,precision:1),"w":MvNormal(mean:[0,0],precision:"identity(2)"),
        "y[r]":StudentT(mean:"2*w[2]-x[r]/2+dot(f,X[r])",precision:1,dof:4)},observe:{"y":"y"})"#,
    // Joined tables, by names.
    r#"Model(data:{"s":{"school":["A","B"],"x":[0,1]},"p":{"school":["A","B","B"],"y":[1,2,4]}},plates:{"s":Rows(table:"s",id:"school"),"n":Rows(table:"p")},
        nodes:{"b":Normal(mean:0,precision:1),"u[s]":Normal(mean:"b*x[s]",precision:1),"y[n]":Normal(mean:"u[school[n]]",precision:1)},observe:{"y":"y"})"#,
    // A network without data, weights, and blocks by name.
    r#"Model(plates:{"a":Size(2),"b":Size(2)},inputs:{"B[a]":[[0.9,0.1],[0.3,0.7]]},
        nodes:{"x":Categorical(p:[0.3,0.7]),"y":Categorical(p:"B[x]"),"n":Normal(mean:1,variance:2)},factorize:MeanField)"#,
    r#"Model(data:{"c":{"d":[1,1,2],"w":["a","b","a"],"n":[2,1,3]}},plates:{"d":Groups(column:"c.d"),"r":Rows(table:"c",weight:"n"),"k":Size(2)},
        nodes:{"t[d]":Dirichlet(concentration:0.1,over:"k"),"f[k]":Dirichlet(concentration:0.5,over:"c.w"),"z[r]":Categorical(p:"t[d[r]]"),
        "w[r]":Categorical(p:"f[z[r]]")},observe:{"w":"w"},factorize:Blocks([["z"],["t"]]))"#,
];
