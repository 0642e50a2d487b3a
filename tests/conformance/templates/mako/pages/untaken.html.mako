% if flag:
${missing}
% endif
done
