module lingpai

go 1.19
