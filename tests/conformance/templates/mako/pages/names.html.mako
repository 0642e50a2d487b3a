${buffer} ${cache} ${cls} ${environment} ${filters} ${hasattr} ${key} ${locals} ${name} ${runtime} ${template} ${text} ${uri} ${values}
